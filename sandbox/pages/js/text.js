// Slack's mrkdwn and plain text as nodes.

import { h, icon } from "./dom.js";
import { nameOf, world } from "./state.js";

const EMOJI = {
  memo: "📝",
  white_check_mark: "✅",
  x: "❌",
  warning: "⚠️",
  eyes: "👀",
  star: "⭐",
  lock: "🔒",
  bell: "🔔",
  red_circle: "🔴",
  large_orange_circle: "🟠",
  large_yellow_circle: "🟡",
  large_green_circle: "🟢",
  large_blue_circle: "🔵",
  large_purple_circle: "🟣",
  email: "✉️",
  hourglass: "⌛",
  wave: "👋",
  "+1": "👍",
  tada: "🎉",
};

// A picture where the word is known; what the bot uses itself is drawn, for not every machine has it in a font.
export function emoji(name) {
  if (name === "memo") return h("span", { cls: "emoji memo" }, icon("pencil", "anteckning"));
  return EMOJI[name] ?? `:${name}:`;
}

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const CIRCLES = { "🔴": "red", "🟠": "orange", "🟡": "yellow", "🟢": "green", "🔵": "blue", "🟣": "purple" };

// The coloured circles are drawn, so that they look the same where no font has them.
export function withEmoji(text, named = true) {
  const words = named ? text.replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all) : text;
  return words
    .split(/(🔴|🟠|🟡|🟢|🔵|🟣)/u)
    .filter(Boolean)
    .map((part) =>
      CIRCLES[part] ? h("span", { cls: `circle ${CIRCLES[part]}`, role: "img", "aria-label": part }) : part,
    );
}

export function person(id) {
  return h("span", { cls: `mention${id === world.user ? " me" : ""}` }, `@${nameOf(id)}`);
}

export function group(id) {
  return h("span", { cls: "mention loud" }, `@${world.groups[id] ?? "grupp"}`);
}

export function place(id, label) {
  const found = world.channels.find((channel) => channel.id === id);
  return h("span", { cls: "mention" }, `#${label || found?.name || "privat kanal"}`);
}

export function link(url, label) {
  const safe = /^(https?:|mailto:|tel:)/i.test(url);
  const words = label || url.replace(/^mailto:/, "");
  return safe ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, words) : h("span", {}, words);
}

function bracket(inside) {
  const [what, label] = inside.split("|", 2);
  if (what.startsWith("@")) return person(what.slice(1));
  if (what.startsWith("#")) return place(what.slice(1), label);
  if (what.startsWith("!date^")) return h("span", {}, label ?? what);
  if (what.startsWith("!subteam^")) return group(what.slice("!subteam^".length));
  if (what.startsWith("!")) return h("span", { cls: "mention loud" }, `@${what.slice(1)}`);
  return link(unescape(what), label === undefined ? undefined : unescape(label));
}

const MARKS = [
  [/^```([\s\S]+?)```/, (m) => h("pre", {}, unescape(m[1]))],
  [/^`([^`\n]+)`/, (m) => h("code", {}, unescape(m[1]))],
  [/^<([^<>\n]+)>/, (m) => bracket(m[1])],
  [/^\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}])/u, (m) => h("strong", {}, inline(m[1]))],
  [/^_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}])/u, (m) => h("em", {}, inline(m[1]))],
  [/^~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}])/u, (m) => h("s", {}, inline(m[1]))],
];

function inline(text) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(...withEmoji(unescape(plain)));
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const inWord = /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, at - 2), at));
    const found = MARKS.map(([pattern, make]) => [pattern.exec(rest), make]).find(
      ([match]) => match && !(inWord && "*_~".includes(match[0][0])),
    );
    if (found) {
      flush();
      nodes.push(found[1](found[0]));
      at += found[0][0].length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

export function mrkdwn(text) {
  const out = [];
  let quote = null;
  for (const line of text.split(/\n(?![^`]*```(?:[^`]|$))/)) {
    if (/^(&gt;|>) ?/.test(line)) {
      if (!quote) out.push((quote = h("blockquote")));
      else quote.append(h("br"));
      quote.append(...inline(line.replace(/^(&gt;|>) ?/, "")));
      continue;
    }
    if (out.length && !quote) out.push(h("br"));
    quote = null;
    out.push(...inline(line));
  }
  return out;
}

export function text(object) {
  if (!object) return "";
  return object.type === "mrkdwn" ? mrkdwn(object.text) : withEmoji(object.text, object.emoji !== false);
}

// Slack's mrkdwn, plain text and rich text as nodes.

import { h, HERE } from "./dom.js";

const EMOJI = {
  memo: "📝", white_check_mark: "✅", x: "❌", warning: "⚠️", eyes: "👀", star: "⭐", lock: "🔒", bell: "🔔",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", large_purple_circle: "🟣", email: "✉️", hourglass: "⌛", wave: "👋", "+1": "👍", tada: "🎉",
};
const names = { users: {}, channels: {} };

export function know(users, channels) {
  names.users = users;
  names.channels = Object.fromEntries(channels.map((channel) => [channel.id, channel.name]));
}

export const emoji = (name) => (name === "memo" ? h("span", { cls: "icon pencil", role: "img", "aria-label": "anteckning" }) : EMOJI[name] ?? `:${name}:`);
const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const CIRCLES = { "🔴": "red", "🟠": "orange", "🟡": "yellow", "🟢": "green", "🔵": "blue", "🟣": "purple" };

// The coloured circles are drawn, so that they look the same where no font has them.
function withEmoji(text) {
  const words = text.replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all);
  return words.split(/(🔴|🟠|🟡|🟢|🔵|🟣)/u).filter(Boolean).map((part) =>
    CIRCLES[part] ? h("span", { cls: `circle ${CIRCLES[part]}`, role: "img", "aria-label": part }) : part);
}

export function person(id) {
  return h("span", { cls: "mention" }, `@${names.users[id]?.real_name ?? id}`);
}

function place(id, label) {
  return h("span", { cls: "mention" }, `#${label || names.channels[id] || "privat kanal"}`);
}

function link(url, label) {
  const safe = /^(https?:|mailto:|tel:)/i.test(url);
  const words = label || url.replace(/^mailto:/, "");
  return safe ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, words) : h("span", {}, words);
}

function bracket(inside) {
  const [what, label] = inside.split("|", 2);
  if (what.startsWith("@")) return person(what.slice(1));
  if (what.startsWith("#")) return place(what.slice(1), label);
  if (what.startsWith("!date^")) return h("span", {}, label ?? what);
  if (what.startsWith("!subteam^")) return h("span", { cls: "mention loud" }, label ?? "@grupp");
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
    const inWord = /[\p{L}\p{N}]$/u.test(text.slice(0, at));
    const found = MARKS.map(([pattern, make]) => [pattern.exec(rest), make])
      .find(([match]) => match && !(inWord && "*_~".includes(match[0][0])));
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
  return object.type === "mrkdwn" ? mrkdwn(object.text) : withEmoji(object.text);
}

// --- rich text ---

function styled(node, style) {
  let out = node;
  if (!style) return out;
  if (style.code) out = h("code", {}, out);
  if (style.bold) out = h("strong", {}, out);
  if (style.italic) out = h("em", {}, out);
  if (style.strike) out = h("s", {}, out);
  if (style.underline) out = h("u", {}, out);
  return out;
}

const LEAVES = {
  text: (leaf) => withEmoji(leaf.text),
  link: (leaf) => link(leaf.url, leaf.text),
  user: (leaf) => person(leaf.user_id),
  channel: (leaf) => place(leaf.channel_id),
  usergroup: () => h("span", { cls: "mention loud" }, "@grupp"),
  team: () => h("span", { cls: "mention" }, "@arbetsyta"),
  broadcast: (leaf) => h("span", { cls: "mention loud" }, `@${leaf.range}`),
  emoji: (leaf) => emoji(leaf.name),
  date: (leaf) => leaf.fallback ?? new Date(leaf.timestamp * 1000).toLocaleString("sv-SE", { timeZone: HERE }),
  color: (leaf) => leaf.value,
};
const leaves = (elements) => elements.map((leaf) => styled((LEAVES[leaf.type] ?? (() => ""))(leaf), leaf.style));

const SECTIONS = {
  rich_text_section: (part) => h("div", { cls: "line" }, leaves(part.elements)),
  rich_text_preformatted: (part) => h("pre", {}, leaves(part.elements)),
  rich_text_quote: (part) => h("blockquote", {}, leaves(part.elements)),
  rich_text_list: (part) =>
    h(part.style === "ordered" ? "ol" : "ul", { cls: `indent${part.indent ?? 0}`, start: part.offset ? part.offset + 1 : null },
      part.elements.map((item) => h("li", {}, leaves(item.elements)))),
};

export function richText(block) {
  return h("div", { cls: "rich" }, block.elements.map((part) => SECTIONS[part.type](part)));
}

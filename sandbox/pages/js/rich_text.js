// Rich text as nodes.

import { h } from "./dom.js";
import { emoji, group, link, person, place, withEmoji } from "./text.js";
import { HERE } from "./time.js";

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
  usergroup: (leaf) => group(leaf.usergroup_id),
  team: () => h("span", { cls: "mention" }, "@arbetsyta"),
  broadcast: (leaf) => h("span", { cls: "mention loud" }, `@${leaf.range}`),
  emoji: (leaf) => emoji(leaf.name),
  date: (leaf) => leaf.fallback ?? new Date(leaf.timestamp * 1000).toLocaleString("sv-SE", { timeZone: HERE }),
  color: (leaf) =>
    h("span", { cls: "colour" }, h("span", { cls: "swatch", vars: { "--swatch": leaf.value } }), leaf.value),
};
const leaves = (elements) => elements.map((leaf) => styled((LEAVES[leaf.type] ?? (() => ""))(leaf), leaf.style));

const SECTIONS = {
  rich_text_section: (part) => h("div", { cls: "line" }, leaves(part.elements)),
  rich_text_preformatted: (part) => h("pre", {}, leaves(part.elements)),
  rich_text_quote: (part) => h("blockquote", {}, leaves(part.elements)),
  rich_text_list: (part) =>
    h(
      part.style === "ordered" ? "ol" : "ul",
      { cls: `indent${part.indent ?? 0}`, start: part.offset ? part.offset + 1 : null },
      part.elements.map((item) => h("li", {}, leaves(item.elements))),
    ),
};

export function richText(block) {
  return h(
    "div",
    { cls: "rich" },
    block.elements.map((part) => SECTIONS[part.type](part)),
  );
}

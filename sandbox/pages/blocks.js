// Block Kit's blocks as nodes.

import { h, icon } from "./dom.js";
import { drawElement } from "./elements.js";
import { mrkdwn, richText, text } from "./text.js";

function section(block, ctx) {
  return h("div", { cls: "section" },
    h("div", { cls: "words" },
      block.text ? h("div", { cls: block.text.type === "mrkdwn" ? "text" : "line" }, text(block.text)) : null,
      block.fields ? h("div", { cls: "fields" }, block.fields.map((field) => h("div", {}, text(field)))) : null),
    block.accessory ? h("div", { cls: "accessory" }, drawElement(block.accessory, ctx.of(block, block.accessory))) : null);
}

function picture(block) {
  return h("figure", {},
    block.title ? h("figcaption", {}, text(block.title)) : null,
    h("div", { cls: "picture", role: "img", "aria-label": block.alt_text }, icon("picture-mark"), block.alt_text));
}

function input(block, ctx) {
  const inner = ctx.of(block, block.element);
  const error = ctx.errors?.[block.block_id];
  return h("div", { cls: `field${error ? " wrong" : ""}` },
    h("div", { cls: "label" }, text(block.label), block.optional ? h("span", { cls: "quiet" }, " (valfritt)") : null),
    drawElement(block.element, inner),
    error ? h("div", { cls: "error", role: "alert" }, error) : null,
    block.hint ? h("div", { cls: "hint" }, text(block.hint)) : null);
}

function cell(part) {
  if (part.type === "rich_text") return richText(part);
  return String(part.text ?? part.value ?? "");
}

function table(block) {
  const [head, ...rest] = block.rows;
  const aligned = (n) => `to-${block.column_settings?.[n]?.align ?? "left"}`;
  return h("div", { cls: "table" }, h("table", {},
    block.caption ? h("caption", {}, block.caption) : null,
    h("thead", {}, h("tr", {}, head.map((part, n) => h("th", { cls: aligned(n) }, cell(part))))),
    h("tbody", {}, rest.map((row) => h("tr", {}, row.map((part, n) => h("td", { cls: aligned(n) }, cell(part))))))));
}

function card(block, ctx) {
  return h("div", { cls: "card" },
    block.title ? h("strong", {}, text(block.title)) : null,
    block.subtitle ? h("div", { cls: "quiet" }, text(block.subtitle)) : null,
    block.body ? h("div", {}, text(block.body)) : null,
    block.actions ? h("div", { cls: "actions" }, block.actions.map((element) => drawElement(element, ctx.of(block, element)))) : null);
}

const LEVELS = { default: "•", info: "ℹ", warning: "⚠", error: "✖", success: "✔" };

const DRAW = {
  section, input, table, card,
  data_table: table,
  header: (block) => h("h3", { cls: "header" }, text(block.text)),
  divider: () => h("hr"),
  context: (block, ctx) => h("div", { cls: "context" }, block.elements.map((part) =>
    h("span", {}, part.type === "image" ? drawElement(part, ctx.of(block, part)) : text(part)))),
  actions: (block, ctx) => h("div", { cls: "actions" }, block.elements.map((element) => drawElement(element, ctx.of(block, element)))),
  image: picture,
  rich_text: richText,
  markdown: (block) => h("div", { cls: "text" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*"))),
  alert: (block) => h("div", { cls: `alert ${block.level ?? "default"}` }, h("span", { "aria-hidden": "true" }, LEVELS[block.level ?? "default"]), h("div", {}, text(block.text))),
  video: (block) => h("div", { cls: "picture" }, "▶ ", text(block.title)),
  carousel: (block, ctx) => h("div", { cls: "carousel" }, block.elements.map((part) => card(part, ctx))),
  container: (block, ctx) => h("div", { cls: "card" }, block.title ? h("strong", {}, text(block.title)) : null, drawBlocks(block.child_blocks, ctx)),
};
DRAW.context_actions = DRAW.actions;

export function drawBlocks(blocks, ctx) {
  return blocks.map((block) => {
    const draw = DRAW[block.type];
    return h("div", { cls: `block b-${block.type}`, "data-block": block.block_id },
      draw ? draw(block, ctx) : h("em", { cls: "quiet" }, `[${block.type}]`));
  });
}

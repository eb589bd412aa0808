// Block Kit's blocks as nodes.

import { chart } from "./charts.js";
import { fresh, h, icon } from "./dom.js";
import { drawElement, image } from "./elements.js";
import { fileChip } from "./files.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";
import { mrkdwn, text } from "./text.js";

const LONG = 700;

function section(block, ctx) {
  return h(
    "div",
    { cls: "section" },
    h(
      "div",
      { cls: "words" },
      block.text ? h("div", { cls: block.text.type === "mrkdwn" ? "text" : "line" }, text(block.text)) : null,
      block.fields
        ? h(
            "div",
            { cls: "fields" },
            block.fields.map((field) => h("div", {}, text(field))),
          )
        : null,
    ),
    block.accessory
      ? h("div", { cls: "accessory" }, drawElement(block.accessory, ctx.of(block, block.accessory)))
      : null,
  );
}

function input(block, ctx) {
  const id = fresh("field");
  const error = ctx.errors?.[block.block_id];
  const described = [block.hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(" ") || null;
  const named = {
    id,
    "aria-labelledby": `${id}-label`,
    "aria-describedby": described,
    "aria-invalid": error ? "true" : null,
  };
  return h(
    "div",
    { cls: `field${error ? " wrong" : ""}` },
    h(
      "label",
      { cls: "label", id: `${id}-label`, for: id },
      text(block.label),
      block.optional ? h("span", { cls: "quiet" }, " (valfritt)") : null,
    ),
    drawElement(block.element, { ...ctx.of(block, block.element), named }),
    error ? h("div", { cls: "error", role: "alert", id: `${id}-error` }, icon("warning"), error) : null,
    block.hint ? h("div", { cls: "hint", id: `${id}-hint` }, text(block.hint)) : null,
  );
}

function card(block, ctx) {
  return h(
    "div",
    { cls: "card" },
    block.hero_image ? image(block.hero_image, "picture") : null,
    h(
      "div",
      { cls: "cardhead" },
      block.icon ? image(block.icon) : null,
      h(
        "div",
        {},
        block.title ? h("strong", {}, text(block.title)) : null,
        block.subtitle ? h("div", { cls: "quiet" }, text(block.subtitle)) : null,
      ),
    ),
    block.body ? h("div", {}, text(block.body)) : null,
    block.actions
      ? h(
          "div",
          { cls: "actions" },
          block.actions.map((element) => drawElement(element, ctx.of(block, element))),
        )
      : null,
  );
}

function container(block, ctx) {
  const head = [
    block.title ? h("strong", {}, text(block.title)) : null,
    block.rich_text_title ? richText(block.rich_text_title) : null,
    block.subtitle ? h("div", { cls: "quiet" }, text(block.subtitle)) : null,
  ];
  const inside = drawBlocks(block.child_blocks, ctx);
  if (!block.is_collapsible) return h("div", { cls: "card" }, head, inside);
  return h("details", { cls: "card", open: !block.default_collapsed }, h("summary", {}, head), inside);
}

const DONE = { pending: "info", in_progress: "half", complete: "check", error: "error" };
const task = (one) =>
  h(
    "div",
    { cls: "task" },
    icon(DONE[one.status]),
    h("div", {}, one.title, one.details ? richText(one.details) : null, one.output ? richText(one.output) : null),
  );
const SIGNS = { default: "info", info: "info", warning: "warning", error: "error", success: "check" };

function alert(block) {
  const level = block.level ?? "default";
  return h("div", { cls: `alert is-${level}` }, icon(SIGNS[level]), h("div", {}, text(block.text)));
}

function picture(block) {
  return h("figure", {}, block.title ? h("figcaption", {}, text(block.title)) : null, image(block, "picture"));
}

const DRAW = {
  section,
  input,
  table,
  card,
  container,
  alert,
  data_table: dataTable,
  data_visualization: chart,
  header: (block, ctx) => h(ctx.heading ?? "h3", { cls: "header" }, text(block.text)),
  divider: () => h("hr"),
  context: (block) =>
    h(
      "div",
      { cls: "context" },
      block.elements.map((part) => h("span", {}, part.type === "image" ? image(part) : text(part))),
    ),
  actions: (block, ctx) =>
    h(
      "div",
      { cls: "actions" },
      block.elements.map((element) => drawElement(element, ctx.of(block, element))),
    ),
  image: picture,
  rich_text: richText,
  markdown: (block) => h("div", { cls: "text" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*"))),
  video: (block) => h("div", { cls: "picture" }, icon("picture"), text(block.title)),
  file: (block) => fileChip(block.file ?? { name: block.external_id }),
  carousel: (block, ctx) =>
    h(
      "div",
      { cls: "carousel", tabindex: "0", role: "group", "aria-label": "Kort" },
      block.elements.map((part) => card(part, ctx)),
    ),
  task_card: task,
  plan: (block) => h("div", { cls: "card" }, h("strong", {}, block.title), (block.tasks ?? []).map(task)),
};
DRAW.context_actions = DRAW.actions;

// A long block is folded, as Slack folds it, until somebody wants to see more.
function folded(node, block) {
  const words = block.text?.text ?? "";
  if (block.type !== "section" || block.expand || words.length < LONG) return node;
  const more = h(
    "button",
    {
      type: "button",
      cls: "link",
      onclick: () => {
        node.classList.remove("long");
        more.remove();
      },
    },
    "Visa mer",
  );
  node.classList.add("long");
  return h("div", {}, node, more);
}

export function drawBlocks(blocks, ctx) {
  return blocks.map((block) => {
    const draw = DRAW[block.type];
    const node = draw ? draw(block, ctx) : h("em", { cls: "quiet" }, `[${block.type}]`);
    return h(
      "div",
      { cls: `block b-${block.type}`, "data-block": block.block_id },
      ctx.folds ? folded(node, block) : node,
    );
  });
}

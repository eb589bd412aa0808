// Block Kit's tables: the plain one, and the one that is sorted and paged.

import { h, icon, iconButton } from "./dom.js";
import { drawElement } from "./elements.js";
import { richText } from "./rich_text.js";

const USUAL_PAGE = 5;

const wordsOf = (part) =>
  part.elements ? part.elements.map(wordsOf).join("") : String(part.text ?? part.value ?? part.fallback?.text ?? "");

function cell(part, block, ctx) {
  if (part.type === "rich_text") return richText(part);
  if (part.type === "action_cell") return drawElement(part.element, ctx.of(block, part.element));
  return part.type === "raw_number" ? (part.text ?? part.value.toLocaleString("sv-SE")) : wordsOf(part);
}

export function table(block, ctx) {
  const [head, ...rest] = block.rows;
  const aligned = (n) => `to-${block.column_settings?.[n]?.align ?? "left"}`;
  return h(
    "div",
    { cls: "table", tabindex: "0", role: "group", "aria-label": "Tabell" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((part, n) => h("th", { scope: "col", cls: aligned(n) }, cell(part, block, ctx))),
        ),
      ),
      h(
        "tbody",
        {},
        rest.map((row) =>
          h(
            "tr",
            {},
            row.map((part, n) => h("td", { cls: aligned(n) }, cell(part, block, ctx))),
          ),
        ),
      ),
    ),
  );
}

function compare(one, other) {
  if (one.type === "raw_number" && other.type === "raw_number") return one.value - other.value;
  return wordsOf(one).localeCompare(wordsOf(other), "sv", { numeric: true });
}

export function dataTable(block, ctx) {
  const [head, ...all] = block.rows;
  const [size, named] = [block.page_size ?? USUAL_PAGE, block.row_header_column_index ?? 0];
  let [rows, page, by, down] = [all, 0, null, false];
  const body = h("tbody");
  const foot = h("div", { cls: "paging" });
  const sort = (n) => {
    [by, down] = [n, by === n && !down];
    rows = [...all].sort((one, other) => compare(one[n], other[n]) * (down ? -1 : 1));
    page = 0;
    draw();
  };
  const side = (n) => (all[0][n]?.type === "raw_number" ? "to-right" : null);
  const heads = head.map((part, n) =>
    h(
      "th",
      { scope: "col", cls: side(n) },
      h("button", { type: "button", cls: "sort", onclick: () => sort(n) }, wordsOf(part), icon("down")),
    ),
  );
  const draw = () => {
    for (const [n, node] of heads.entries())
      node.setAttribute("aria-sort", n !== by ? "none" : down ? "descending" : "ascending");
    body.replaceChildren(
      ...rows.slice(page * size, (page + 1) * size).map((row) =>
        h(
          "tr",
          {},
          row.map((part, n) =>
            n === named
              ? h("th", { scope: "row" }, cell(part, block, ctx))
              : h("td", { cls: side(n) }, cell(part, block, ctx)),
          ),
        ),
      ),
    );
    const pages = Math.ceil(rows.length / size);
    foot.hidden = pages < 2;
    const turn = (step) => () => {
      page += step;
      draw();
    };
    foot.replaceChildren(
      iconButton("back", "Föregående sida", turn(-1), { disabled: page === 0 }),
      `${page + 1} av ${pages}`,
      iconButton("back", "Nästa sida", turn(1), { disabled: page === pages - 1, cls: "plain forth" }),
    );
  };
  draw();
  return h(
    "div",
    {},
    h(
      "div",
      { cls: "table", tabindex: "0", role: "group", "aria-label": block.caption },
      h("table", {}, h("caption", {}, block.caption), h("thead", {}, h("tr", {}, heads)), body),
    ),
    foot,
  );
}

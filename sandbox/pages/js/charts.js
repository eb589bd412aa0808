// Block Kit's charts in a plain form: bars, lines and shares, with the figures in words beside them.

import { fresh, h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 100;
const HIGH = 40;
const figure = (value) => value.toLocaleString("sv-SE");
const colour = (n) => ({ "--hue": `var(--chart${n % 6})` });

function legend(names) {
  return names.length < 2
    ? null
    : h(
        "div",
        { cls: "legend" },
        names.map((name, n) => h("span", { vars: colour(n) }, name)),
      );
}

function bars({ series, axis_config: axis }) {
  const most = Math.max(1, ...series.flatMap((one) => one.data.map((point) => point.value)));
  return h(
    "div",
    { cls: "bars" },
    axis.categories.map((label, at) =>
      h(
        "div",
        { cls: "bargroup" },
        h("span", { cls: "barname" }, label),
        h(
          "div",
          {},
          series.map((one, n) => {
            const value = one.data.find((point) => point.label === label)?.value ?? one.data[at]?.value ?? 0;
            return h(
              "div",
              { cls: "barline", vars: { ...colour(n), "--part": `${(100 * value) / most}%` } },
              h("span", {}),
              figure(value),
            );
          }),
        ),
      ),
    ),
  );
}

function shape(tag, attrs) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs)) node.setAttribute(name, value);
  return node;
}

function lines({ type, series, axis_config: axis }) {
  const most = Math.max(1, ...series.flatMap((one) => one.data.map((point) => point.value)));
  const box = shape("svg", {
    viewBox: `0 -2 ${WIDE} ${HIGH + 4}`,
    preserveAspectRatio: "none",
    class: "lines",
    "aria-hidden": "true",
  });
  for (const [n, one] of series.entries()) {
    const points = one.data.map(
      (point, at) => `${(WIDE * at) / Math.max(1, one.data.length - 1)},${HIGH - (HIGH * point.value) / most}`,
    );
    const around = type === "area" ? [`0,${HIGH}`, ...points, `${WIDE},${HIGH}`] : points;
    const line = shape(type === "area" ? "polygon" : "polyline", { points: around.join(" "), class: type });
    line.style.setProperty("--hue", `var(--chart${n % 6})`);
    box.append(line);
  }
  return h(
    "div",
    {},
    box,
    h("div", { cls: "axis" }, h("span", {}, axis.categories[0]), h("span", {}, axis.categories.at(-1))),
  );
}

function pie({ segments }) {
  const whole = segments.reduce((sum, one) => sum + one.value, 0) || 1;
  let at = 0;
  const parts = segments.map((one, n) => `var(--chart${n % 6}) ${at}% ${(at += (100 * one.value) / whole)}%`);
  return h(
    "div",
    { cls: "pie" },
    h("span", { cls: "disc", vars: { "--parts": `conic-gradient(${parts.join(", ")})` } }),
    h(
      "div",
      { cls: "legend" },
      segments.map((one, n) => h("span", { vars: colour(n) }, `${one.label} ${figure(one.value)}`)),
    ),
  );
}

// The same figures for who cannot see the drawing.
function told(title, chart) {
  const rows = chart.segments
    ? chart.segments.map((one) => [one.label, one.value])
    : chart.series.flatMap((one) => one.data.map((point) => [`${one.name}, ${point.label}`, point.value]));
  return h(
    "table",
    { cls: "unseen" },
    h("caption", {}, title),
    rows.map(([label, value]) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, figure(value)))),
  );
}

const DRAW = { bar: bars, line: lines, area: lines, pie };

export function chart(block) {
  const id = fresh("chart");
  const given = block.chart;
  return h(
    "figure",
    { cls: "chart", "aria-labelledby": id },
    h("figcaption", { id }, block.title),
    h(
      "div",
      { "aria-hidden": "true" },
      (DRAW[given.type] ?? bars)(given),
      given.series ? legend(given.series.map((one) => one.name)) : null,
    ),
    told(block.title, given),
  );
}

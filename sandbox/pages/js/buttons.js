// Block Kit's buttons and menus of acts.

import { ask } from "./confirm.js";
import { h, icon } from "./dom.js";
import { menu } from "./menu.js";
import { waiting } from "./server.js";
import { text } from "./text.js";

const safe = (url) => (/^https?:/i.test(url) ? url : null);

async function meant(element) {
  return !element.confirm || ask(element.confirm, text);
}

export function button(element, ctx) {
  const attrs = { cls: `btn ${element.style ?? ""}`, "aria-label": element.accessibility_label };
  if (element.url) {
    return h(
      "a",
      {
        ...attrs,
        href: safe(element.url),
        target: "_blank",
        rel: "noopener noreferrer",
        onclick: () => ctx.act(element, null),
      },
      text(element.text),
      icon("out"),
    );
  }
  const node = h(
    "button",
    {
      ...attrs,
      type: "button",
      onclick: async () => {
        if (node.getAttribute("aria-busy") || !(await meant(element))) return;
        await waiting(node, ctx.act(element, null));
      },
    },
    text(element.text),
  );
  return node;
}

export function iconic(element, ctx) {
  const node = h(
    "button",
    {
      type: "button",
      cls: "plain",
      title: element.text.text,
      "aria-label": element.accessibility_label ?? element.text.text,
      onclick: async () => (await meant(element)) && waiting(node, ctx.act(element, null)),
    },
    icon(element.icon === "trash" ? "close" : "app"),
  );
  return node;
}

export function feedback(element, ctx) {
  const one = (told, sign) =>
    h(
      "button",
      {
        type: "button",
        cls: "btn small",
        title: told.accessibility_label,
        onclick: () => ctx.act(element, told.value),
      },
      `${sign} `,
      text(told.text),
    );
  return h("span", { cls: "actions" }, one(element.positive_button, "👍"), one(element.negative_button, "👎"));
}

export function overflow(element, ctx) {
  const choose = async (option, node) => {
    if (!(await meant(element))) return;
    await waiting(node, ctx.act(element, option.value));
  };
  const items = element.options.map((option) => ({
    name: h(
      "span",
      { cls: "two" },
      h("span", {}, text(option.text)),
      option.description ? h("small", {}, text(option.description)) : null,
    ),
    href: option.url ? safe(option.url) : null,
    run: (node) => choose(option, node),
  }));
  return menu({ label: "Fler val", items, cls: "btn" });
}

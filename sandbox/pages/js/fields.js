// Block Kit's fields to type, tick and set dates in.

import { fresh, h } from "./dom.js";
import { text } from "./text.js";

const KINDS = { email_text_input: "email", url_text_input: "url" };
const NEAR_FULL = 0.8;

function counted(field, most) {
  const count = h("div", { cls: "count-left", "aria-hidden": "true" });
  const draw = () => {
    count.textContent = field.value.length >= most * NEAR_FULL ? `${field.value.length} av ${most}` : "";
  };
  field.addEventListener("input", draw);
  draw();
  return [field, count];
}

export function typed(element, ctx) {
  const field = h(element.multiline ? "textarea" : "input", {
    ...ctx.named,
    value: ctx.value?.value ?? "",
    placeholder: element.placeholder?.text,
    rows: element.multiline ? 6 : null,
    type: element.multiline ? null : (KINDS[element.type] ?? "text"),
    inputmode: element.type === "number_input" ? "decimal" : null,
    autofocus: element.focus_on_load,
    oninput: () => ctx.enter(element, field.value),
  });
  if (!element.multiline)
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !ctx.dispatches) return;
      event.preventDefault();
      ctx.press(element, field.value);
    });
  return element.max_length ? counted(field, element.max_length) : field;
}

const wordsOf = (rich) =>
  (rich?.elements ?? [])
    .flatMap((part) => part.elements ?? [])
    .map((leaf) => leaf.text ?? "")
    .join("");

export function rich(element, ctx) {
  const told = (words) => ({
    type: "rich_text",
    elements: [{ type: "rich_text_section", elements: [{ type: "text", text: words }] }],
  });
  const field = h("textarea", {
    ...ctx.named,
    rows: 5,
    placeholder: element.placeholder?.text,
    value: wordsOf(ctx.value?.rich_text_value),
    oninput: () => ctx.enter(element, field.value ? told(field.value) : null),
  });
  return field;
}

export function ticks(element, ctx) {
  const many = element.type === "checkboxes";
  const now = new Set(
    [].concat(ctx.value?.selected_options ?? ctx.value?.selected_option ?? []).map((option) => option.value),
  );
  const name = fresh("tick");
  const boxes = element.options.map((option) =>
    h("input", { type: many ? "checkbox" : "radio", name, value: option.value, checked: now.has(option.value) }),
  );
  const box = h(
    "div",
    { ...ctx.named, cls: "ticks", role: many ? "group" : "radiogroup" },
    element.options.map((option, n) =>
      h(
        "label",
        {},
        boxes[n],
        h("span", {}, text(option.text), option.description ? h("small", {}, text(option.description)) : null),
      ),
    ),
  );
  box.addEventListener("change", () => {
    const chosen = boxes.filter((tick) => tick.checked).map((tick) => tick.value);
    ctx.act(element, many ? chosen : chosen[0]);
  });
  return box;
}

const inZone = (seconds) => new Date((seconds - new Date().getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16);

// `read` makes a field's text of the value, `write` the other way.
function moment(type, key, read = (value) => value, write = (words) => words) {
  return (element, ctx) => {
    const value = ctx.value?.[key];
    const field = h("input", {
      ...ctx.named,
      type,
      value: value ? read(value) : "",
      onchange: () => ctx.act(element, field.value ? write(field.value) : null),
    });
    return field;
  };
}

export const datepicker = moment("date", "selected_date");
export const timepicker = moment("time", "selected_time");
export const datetimepicker = moment("datetime-local", "selected_date_time", inZone, (words) =>
  Math.floor(new Date(words).getTime() / 1000),
);

// Block Kit's interactive elements. Each is given a context: how to tell of a choice, and what is already chosen.

import { ask, h, icon } from "./dom.js";
import { text } from "./text.js";

const choicesOf = (element) => element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
const hint = (element, usual) => element.placeholder?.text ?? usual;

function button(element, ctx) {
  const style = element.style ?? "";
  const press = async () => {
    if (element.confirm && !(await ask(element.confirm, text))) return;
    ctx.act(element, null);
  };
  const attrs = { cls: `btn ${style}`, "aria-label": element.accessibility_label, title: element.accessibility_label, type: "button" };
  if (element.url) {
    const safe = /^https?:/i.test(element.url);
    return h("a", { ...attrs, type: null, href: safe ? element.url : null, target: "_blank", rel: "noopener noreferrer", onclick: press },
      text(element.text), " ↗");
  }
  return h("button", { ...attrs, onclick: press }, text(element.text));
}

function overflow(element, ctx) {
  const choose = async (option) => {
    box.open = false;
    if (element.confirm && !(await ask(element.confirm, text))) return;
    if (option.url) window.open(option.url, "_blank", "noopener");
    ctx.act(element, option.value);
  };
  const box = h("details", { cls: "menu" },
    h("summary", { cls: "btn", "aria-label": "Fler val", title: "Fler val" }, "⋯"),
    h("div", { cls: "pop", role: "menu" }, element.options.map((option) =>
      h("button", { type: "button", role: "menuitem", onclick: () => choose(option) }, text(option.text)))));
  return box;
}

function staticSelect(element, ctx) {
  const chosen = ctx.value?.selected_option?.value;
  const one = (option) => h("option", { value: option.value, selected: option.value === chosen }, option.text.text);
  const select = h("select", { "aria-label": ctx.label ?? hint(element, "Välj"), onchange: () => ctx.act(element, select.value || null) },
    h("option", { value: "", selected: !chosen }, hint(element, "Välj …")),
    element.option_groups
      ? element.option_groups.map((group) => h("optgroup", { label: group.label.text }, group.options.map(one)))
      : element.options.map(one));
  return select;
}

function pick(element, ctx) {
  const kind = element.type.replace(/^multi_/, "").replace(/_select$/, "");
  const many = element.type.startsWith("multi_");
  const key = ctx.value ?? {};
  const offers = {
    users: () => Object.values(ctx.users).filter((user) => !user.deleted).map((user) => [user.id, user.real_name]),
    channels: () => ctx.channels.filter((c) => !c.is_private).map((c) => [c.id, `#${c.name}`]),
    conversations: () => ctx.channels.map((c) => [c.id, c.is_im ? "Direktmeddelande" : `#${c.name}`]),
    static: () => choicesOf(element).map((option) => [option.value, option.text.text]),
  };
  const names = new Map(kind === "external" ? [] : offers[kind]());
  const now = [].concat(key.selected_options ?? key.selected_option ?? key.selected_users ?? key.selected_user
    ?? key.selected_channels ?? key.selected_channel ?? key.selected_conversations ?? key.selected_conversation ?? []);
  let chosen = now.map((item) => {
    if (item?.value !== undefined) names.set(item.value, item.text.text);
    return item?.value ?? item;
  });
  const chips = h("span", { cls: "chips" });
  const list = h("div", { cls: "pop list", role: "listbox", hidden: true });
  const input = h("input", { type: "text", role: "combobox", "aria-label": ctx.label ?? hint(element, "Sök"), "aria-expanded": "false", autocomplete: "off" });
  const say = () => ctx.act(element, many ? chosen : chosen[0] ?? null);
  const draw = () => {
    chips.replaceChildren(...chosen.map((value) => h("span", { cls: "chip" }, names.get(value) ?? value,
      h("button", { type: "button", "aria-label": `Ta bort ${names.get(value)}`, onclick: () => {
        chosen = chosen.filter((other) => other !== value);
        draw();
        say();
      } }, "×"))));
    input.placeholder = chosen.length && !many ? "" : hint(element, "Sök …");
  };
  const choose = (value, name) => {
    names.set(value, name);
    chosen = many ? [...chosen.filter((other) => other !== value), value] : [value];
    input.value = "";
    hide();
    draw();
    say();
  };
  const show = (found) => {
    list.replaceChildren(...(found.length ? found.map(([value, name, group]) =>
      h("button", { type: "button", role: "option", onmousedown: (e) => e.preventDefault(), onclick: () => choose(value, name) },
        name, group ? h("small", {}, ` ${group}`) : null)) : [h("em", {}, "Inga träffar")]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    list.scrollIntoView({ block: "nearest" });
  };
  const hide = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  let asked = 0;
  const search = async () => {
    const wanted = input.value.trim().toLocaleLowerCase("sv");
    if (kind !== "external") {
      show([...names].filter(([value, name]) => !chosen.includes(value) && name.toLocaleLowerCase("sv").includes(wanted)).slice(0, 60));
      return;
    }
    if (wanted.length < (element.min_query_length ?? 3)) return hide();
    const turn = ++asked;
    const found = await ctx.suggest(element, input.value.trim());
    if (turn === asked) show(found.map((option) => [option.value, option.text.text]));
  };
  input.addEventListener("focus", search);
  input.addEventListener("input", search);
  input.addEventListener("blur", () => setTimeout(hide, 150));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      hide();
    }
    if (event.key === "ArrowDown" && !list.hidden) {
      event.preventDefault();
      list.querySelector("button")?.focus();
    }
    if (event.key === "Enter") {
      event.preventDefault();
      list.querySelector("button")?.click();
    }
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!step) return;
    event.preventDefault();
    (document.activeElement[step] ?? input).focus();
  });
  draw();
  return h("div", { cls: "pick" }, chips, input, list);
}

let group = 0;
function ticks(element, ctx) {
  const many = element.type === "checkboxes";
  const now = new Set([].concat(ctx.value?.selected_options ?? ctx.value?.selected_option ?? []).map((option) => option.value));
  const name = `g${(group += 1)}`;
  const boxes = element.options.map((option) => h("input", { type: many ? "checkbox" : "radio", name, value: option.value, checked: now.has(option.value) }));
  const box = h("div", { cls: "ticks", role: many ? "group" : "radiogroup", "aria-label": ctx.label }, element.options.map((option, n) =>
    h("label", {}, boxes[n], h("span", {}, text(option.text), option.description ? h("small", {}, text(option.description)) : null))));
  box.addEventListener("change", () => {
    const chosen = boxes.filter((tick) => tick.checked).map((tick) => tick.value);
    ctx.act(element, many ? chosen : chosen[0]);
  });
  return box;
}

function typed(element, ctx) {
  const kinds = { email_text_input: "email", url_text_input: "url" };
  const attrs = {
    value: ctx.value?.value ?? "",
    placeholder: element.placeholder?.text,
    "aria-label": ctx.label,
    oninput: () => ctx.enter(element, field.value),
  };
  const field = element.multiline
    ? h("textarea", { ...attrs, rows: 6 })
    : h("input", { ...attrs, type: kinds[element.type] ?? "text", inputmode: element.type === "number_input" ? "decimal" : null });
  if (!element.multiline) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && ctx.dispatches) {
        event.preventDefault();
        ctx.press(element, field.value);
      }
    });
  } else if (element.max_length) {
    field.maxLength = element.max_length;
  }
  return field;
}

function moment(type, key) {
  return (element, ctx) => {
    const value = ctx.value?.[key] ?? "";
    const shown = key === "selected_date_time" && value ? new Date((value - new Date().getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16) : value;
    const field = h("input", { type, value: shown, "aria-label": ctx.label ?? hint(element, "Välj"), onchange: () => {
      const entered = key === "selected_date_time" && field.value ? Math.floor(new Date(field.value).getTime() / 1000) : field.value;
      ctx.act(element, entered || null);
    } });
    return field;
  };
}

const files = () => h("p", { cls: "quiet" }, "Filer kan inte bifogas i sandlådan än.");

const DRAW = {
  button, overflow,
  workflow_button: button,
  icon_button: button,
  static_select: staticSelect,
  checkboxes: ticks,
  radio_buttons: ticks,
  plain_text_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  number_input: typed,
  datepicker: moment("date", "selected_date"),
  timepicker: moment("time", "selected_time"),
  datetimepicker: moment("datetime-local", "selected_date_time"),
  file_input: files,
  image: (element) => h("span", { cls: "picture small", role: "img", "aria-label": element.alt_text, title: element.alt_text }, icon("picture-mark")),
};

export function drawElement(element, ctx) {
  const draw = DRAW[element.type] ?? (element.type.endsWith("_select") ? pick : null);
  return draw ? draw(element, ctx) : h("em", { cls: "quiet" }, element.type);
}

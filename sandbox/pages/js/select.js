// Block Kit's menu of fixed options.

import { h } from "./dom.js";

export const choicesOf = (element) =>
  element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);

export function staticSelect(element, ctx) {
  const chosen = ctx.value?.selected_option?.value;
  const prompt = element.placeholder?.text ?? "Välj …";
  const one = (option) =>
    h(
      "option",
      { value: option.value, selected: option.value === chosen },
      option.text.text,
      option.description ? h("small", {}, ` ${option.description.text}`) : null,
    );
  const select = h(
    "select",
    { ...ctx.named, autofocus: element.focus_on_load, onchange: () => ctx.act(element, select.value || null) },
    h("option", { value: "", selected: !chosen, cls: "none" }, prompt),
    element.option_groups
      ? element.option_groups.map((group) => h("optgroup", { label: group.label.text }, group.options.map(one)))
      : element.options.map(one),
  );
  return select;
}

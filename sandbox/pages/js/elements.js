// Block Kit's interactive elements. Each is given a context: how to tell of a choice, and what is already chosen.

import { button, feedback, iconic, overflow } from "./buttons.js";
import { h, icon } from "./dom.js";
import { datepicker, datetimepicker, rich, ticks, timepicker, typed } from "./fields.js";
import { fileInput } from "./files.js";
import { pick } from "./pick.js";
import { staticSelect } from "./select.js";

// Only the page's own pictures may be loaded; another's is shown by its words.
export function image(part, cls = "picture small") {
  const own = /^(data:image\/|\/)/.test(part.image_url ?? "") || (part.image_url ?? "").startsWith(location.origin);
  if (own) return h("img", { cls, src: part.image_url, alt: part.alt_text });
  return h(
    "span",
    { cls, role: "img", "aria-label": part.alt_text, title: part.alt_text },
    icon("picture"),
    cls.includes("small") ? null : part.alt_text,
  );
}

const DRAW = {
  button,
  overflow,
  datepicker,
  timepicker,
  datetimepicker,
  workflow_button: button,
  icon_button: iconic,
  feedback_buttons: feedback,
  static_select: staticSelect,
  checkboxes: ticks,
  radio_buttons: ticks,
  plain_text_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  number_input: typed,
  rich_text_input: rich,
  file_input: fileInput,
  image: (element) => image(element),
};

export function drawElement(element, ctx) {
  const draw = DRAW[element.type] ?? (element.type.endsWith("_select") ? pick : null);
  return draw
    ? draw(element, { named: { "aria-label": element.placeholder?.text ?? "Välj" }, ...ctx })
    : h("em", { cls: "quiet" }, element.type);
}

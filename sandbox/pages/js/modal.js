// The modals, up to three on top of each other: only the topmost can be reached.

import { $, fresh, h, iconButton } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { contextOf, forget, forgetAll, submit, withFocus } from "./drafts.js";
import { refresh } from "./feed.js";
import { act, waiting } from "./server.js";
import { here, world } from "./state.js";

const FIELDS = "input:not([type=file]), textarea, select";
let shown = "";

function drawn(view, depth) {
  const leave = (all) => act("close", { user: here.user, view_id: view.id, all }).then(refresh);
  const title = fresh("title");
  const form = h("form", {
    novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      if (!view.submit || button.getAttribute("aria-busy")) return;
      waiting(button, submit(view)).then(refresh);
    },
  });
  const button = view.submit ? h("button", { cls: "btn primary submit" }, view.submit.text) : null;
  form.append(
    h(
      "header",
      {},
      depth > 1 ? iconButton("back", "Tillbaka", () => leave(false)) : null,
      h("h2", { id: title }, view.title.text),
      iconButton("close", depth > 1 ? "Stäng alla" : "Stäng", () => leave(true)),
    ),
    h("div", { cls: "body", tabindex: "-1" }, drawBlocks(view.blocks, { ...contextOf(view), heading: "h3" })),
    h(
      "footer",
      {},
      h(
        "button",
        { type: "button", cls: "btn", onclick: () => leave(false) },
        view.close?.text ?? (view.submit ? "Avbryt" : "Stäng"),
      ),
      button,
    ),
  );
  $("modal").setAttribute("aria-labelledby", title);
  $("modal").oncancel = (event) => {
    event.preventDefault();
    leave(false);
  };
  return form;
}

function focusIn(form) {
  const wrong = form.querySelector("[aria-invalid=true]");
  const first =
    form.querySelector("[autofocus]") ??
    [...form.querySelectorAll(`.body :is(${FIELDS})`)].find((field) => !field.closest(".actions"));
  (wrong ?? first ?? form.querySelector(".body")).focus({ preventScroll: !wrong && !first });
}

export function drawModal() {
  const dialog = $("modal");
  const view = world.stack.at(-1);
  const mark = view ? [here.user, view.id, view.hash, JSON.stringify(view.errors), world.stack.length].join("|") : "";
  if (mark === shown) return;
  const same = shown.startsWith(`${here.user}|${view?.id}|`);
  shown = mark;
  if (!view) {
    forgetAll();
    if (dialog.open) dialog.close();
    return;
  }
  forget(view);
  const scroll = dialog.querySelector(".body")?.scrollTop ?? 0;
  const form = drawn(view, world.stack.length);
  withFocus(dialog, () => dialog.replaceChildren(form));
  dialog.className = `depth${world.stack.length}${same ? "" : " arriving"}`;
  if (!dialog.open) dialog.showModal();
  if (same) form.querySelector(".body").scrollTop = scroll;
  if (!same || !form.contains(document.activeElement) || Object.keys(view.errors).length) focusIn(form);
}

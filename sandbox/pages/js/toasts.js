// Short words at the edge of the page, for what has just happened.

import { $, h, icon, iconButton } from "./dom.js";

const SECONDS = { error: 9, warning: 9, done: 5, notice: 8 };
const SIGNS = { error: "error", warning: "warning", done: "check" };

// A toast with the same key takes the place of the one before it.
export function toast(text, kind = "error", { title, onclick, key, face } = {}) {
  const id = key ? `toast-${key}` : null;
  if (id) $(id)?.remove();
  const words = [title ? h("strong", {}, title) : null, h("span", {}, text)];
  const node = h(
    "div",
    { cls: `toast ${kind}`, id },
    face ?? icon(SIGNS[kind] ?? "info"),
    onclick
      ? h(
          "button",
          {
            type: "button",
            cls: "words",
            onclick: () => {
              node.remove();
              onclick();
            },
          },
          words,
        )
      : h("div", { cls: "words" }, words),
    iconButton("close", "Ta bort", () => node.remove()),
  );
  raise();
  $("toasts").append(node);
  setTimeout(() => node.remove(), (SECONDS[kind] ?? 7) * 1000);
}

// Above an open dialog too: what was shown last in the browser's top layer lies on top.
function raise() {
  const place = $("toasts");
  if (!place.showPopover) return;
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
}

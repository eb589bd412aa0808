// A button with a menu, which lies above everything and stays within the window.

import { fresh, h, icon } from "./dom.js";

const GAP = 4;

// Puts what floats beside its button: beneath it, or above where there is more room.
export function place(pop, beside, { wide = false } = {}) {
  const box = beside.getBoundingClientRect();
  if (wide) pop.style.width = `${box.width}px`;
  const [width, height] = [pop.offsetWidth, pop.offsetHeight];
  const below = innerHeight - box.bottom - GAP;
  const top = below >= height || below >= box.top ? box.bottom + GAP : box.top - GAP - height;
  pop.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
  pop.style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - width - GAP))}px`;
}

function walk(event, pop) {
  const items = [...pop.querySelectorAll("[role=menuitem]")];
  const now = items.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}

// `items` are {name, run, href, cls}, or a function that gives them when the menu opens.
export function menu({ label, items, sign = "more", words = null, cls = "plain" }) {
  const pop = h("div", {
    cls: "pop",
    popover: "auto",
    role: "menu",
    id: fresh("menu"),
    "aria-label": label,
    onkeydown: (event) => walk(event, pop),
  });
  const button = h(
    "button",
    {
      type: "button",
      cls,
      title: label,
      "aria-label": label,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-controls": pop.id,
    },
    words ?? icon(sign),
  );
  button.popoverTargetElement = pop;
  const item = ({ name, run, href, cls: kind }) =>
    h(
      href ? "a" : "button",
      {
        role: "menuitem",
        type: href ? null : "button",
        cls: kind,
        href,
        target: href ? "_blank" : null,
        rel: href ? "noopener noreferrer" : null,
        onclick: () => {
          pop.hidePopover();
          run?.(button);
        },
      },
      name,
    );
  const draw = () => pop.replaceChildren(...(typeof items === "function" ? items() : items).map(item));
  pop.addEventListener("beforetoggle", (event) => event.newState === "open" && draw());
  pop.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    place(pop, button);
    pop.querySelector("[role=menuitem]")?.focus();
  });
  return h("span", { cls: "menu" }, button, pop);
}

// The app's own place: its Home, drawn for one person, and the tabs that lead there.

import { h } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { contextOf, forget, withFocus } from "./drafts.js";
import { act } from "./server.js";
import { APP, here, world } from "./state.js";

let shown = "";

export const atHome = () => here.place === APP && here.tab === "home";

export function openHome() {
  shown = "";
  return act("home", { user: here.user });
}

export function drawHome(root) {
  const { home } = world;
  const mark = home ? `${here.user}|${home.id}|${home.hash}` : `${here.user}|none`;
  if (mark === shown && root.querySelector(".home")) return;
  shown = mark;
  const scroll = root.scrollTop;
  if (!home) {
    root.replaceChildren(
      h("div", { cls: "home" }, h("p", { cls: "empty" }, "Appen har inte ritat något hem för den här personen än.")),
    );
    return;
  }
  forget(home);
  withFocus(root, () =>
    root.replaceChildren(h("div", { cls: "home" }, drawBlocks(home.blocks, { ...contextOf(home), heading: "h2" }))),
  );
  root.scrollTop = scroll;
}

// Modals and Home: drawing them, and keeping what has been typed while they change.

import { $, act, h } from "./dom.js";
import { drawBlocks } from "./blocks.js";

const drafts = new Map();
let shown = "";
let busy = false;

function draftOf(view) {
  if (!drafts.has(view.id)) drafts.set(view.id, {});
  return drafts.get(view.id);
}

function contextOf(view, world) {
  const draft = draftOf(view);
  const place = { user: world.user, view_id: view.id };
  const press = async (block, element, value) => {
    await act("press", { ...place, block_id: block.block_id, action_id: element.action_id, value, values: draft });
  };
  return {
    errors: view.errors,
    of: (block, element) => ({
      value: view.state.values[block.block_id]?.[element.action_id],
      label: block.label?.text,
      users: world.users,
      channels: world.channels,
      dispatches: block.dispatch_action,
      suggest: async (which, query) =>
        (await act("suggest", { ...place, block_id: block.block_id, action_id: which.action_id, query })).options ?? [],
      enter: (which, value) => {
        draft[block.block_id] = value;
        later(view, draft, world.user);
      },
      act: (which, value) => {
        if (block.type !== "input") return press(block, which, value);
        draft[block.block_id] = value;
        return block.dispatch_action ? press(block, which, value) : later(view, draft, world.user);
      },
      press: (which, value) => {
        draft[block.block_id] = value;
        return press(block, which, value);
      },
    }),
  };
}

// What is typed goes to the sandbox a moment after, so that an update of the view finds it there.
const timers = new Map();
function later(view, draft, user) {
  clearTimeout(timers.get(view.id));
  timers.set(view.id, setTimeout(() => {
    if (!busy) act("fill", { user, view_id: view.id, values: draft });
  }, 250));
}

function forget(view) {
  const alive = new Set(view.blocks.map((block) => block.block_id));
  const draft = draftOf(view);
  for (const name of Object.keys(draft)) if (!alive.has(name)) delete draft[name];
}

function withFocus(root, redraw) {
  const focused = document.activeElement;
  const block = root.contains(focused) ? focused.closest("[data-block]")?.dataset.block : null;
  const [start, end] = [focused?.selectionStart, focused?.selectionEnd];
  redraw();
  if (!block) return;
  const again = [...root.querySelectorAll("[data-block]")].find((node) => node.dataset.block === block);
  const field = again?.querySelector("input, textarea, select, button");
  field?.focus();
  if (field && start !== undefined && start !== null && "setSelectionRange" in field && field.type !== "date") {
    try {
      field.setSelectionRange(start, end);
    } catch {
      // Some kinds of input have no selection.
    }
  }
}

async function submit(view, world) {
  busy = true;
  clearTimeout(timers.get(view.id));
  const button = $("modal").querySelector(".submit");
  if (button) button.disabled = true;
  try {
    await act("submit", { user: world.user, view_id: view.id, values: draftOf(view) });
  } finally {
    busy = false;
    if (button) button.disabled = false;
  }
}

export function showModal(stack, world, redrawn) {
  const dialog = $("modal");
  const view = stack.at(-1);
  const mark = view ? `${world.user}|${view.id}|${view.hash}|${JSON.stringify(view.errors)}|${stack.length}` : "";
  if (mark === shown) return;
  const before = shown;
  shown = mark;
  if (!view) {
    drafts.clear();
    if (dialog.open) dialog.close();
    return;
  }
  forget(view);
  const leave = (all) => act("close", { user: world.user, view_id: view.id, all }).then(redrawn);
  const form = h("form", { novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    if (view.submit) submit(view, world).then(redrawn);
  } },
    h("header", {},
      h("h2", { id: "modaltitle" }, view.title.text),
      stack.length > 1 ? h("span", { cls: "quiet" }, `vy ${stack.length} av 3`) : null,
      h("button", { type: "button", cls: "plain", "aria-label": "Stäng alla", onclick: () => leave(true) }, "✕")),
    h("div", { cls: "body" }, drawBlocks(view.blocks, contextOf(view, world))),
    h("footer", {},
      h("button", { type: "button", cls: "btn", onclick: () => leave(false) }, view.close?.text ?? "Avbryt"),
      view.submit ? h("button", { cls: "btn primary submit" }, view.submit.text) : null));
  dialog.className = `depth${stack.length}`;
  const scroll = dialog.querySelector(".body")?.scrollTop ?? 0;
  withFocus(dialog, () => dialog.replaceChildren(form));
  dialog.oncancel = (event) => {
    event.preventDefault();
    leave(false);
  };
  if (!dialog.open) dialog.showModal();
  if (before.split("|")[1] === view.id) dialog.querySelector(".body").scrollTop = scroll;
  else form.querySelector(".body input, .body textarea, .body select, .submit")?.focus();
  form.querySelector(".wrong input, .wrong textarea, .wrong select")?.focus();
}

let homeShown = "";
export function showHome(home, world, root) {
  const mark = home ? `${world.user}|${home.id}|${home.hash}` : `${world.user}|none`;
  if (mark === homeShown && root.childElementCount) return;
  homeShown = mark;
  if (!home) {
    root.replaceChildren(h("p", { cls: "empty" }, "Appen har inte ritat något hem för den här personen än."));
    return;
  }
  forget(home);
  withFocus(root, () => root.replaceChildren(h("div", { cls: "home" }, drawBlocks(home.blocks, contextOf(home, world)))));
}

export function forgetHome() {
  homeShown = "";
}

// What has been typed in a view and not been sent, and how the view's elements tell of themselves.

import { act } from "./server.js";
import { here } from "./state.js";

const PAUSE_MS = 250;
const drafts = new Map();
const timers = new Map();
let busy = false;

export function draftOf(view) {
  if (!drafts.has(view.id)) drafts.set(view.id, {});
  return drafts.get(view.id);
}

// What stands in blocks that an update took away is not sent.
export function forget(view) {
  const alive = new Set(view.blocks.map((block) => block.block_id));
  const draft = draftOf(view);
  for (const name of Object.keys(draft)) if (!alive.has(name)) delete draft[name];
}

export const forgetAll = () => drafts.clear();

// What is typed goes to the sandbox a moment after, so that an update of the view finds it there.
function later(view) {
  clearTimeout(timers.get(view.id));
  timers.set(
    view.id,
    setTimeout(() => {
      if (!busy) act("fill", { user: here.user, view_id: view.id, values: draftOf(view) });
    }, PAUSE_MS),
  );
}

export async function submit(view) {
  busy = true;
  clearTimeout(timers.get(view.id));
  try {
    return await act("submit", { user: here.user, view_id: view.id, values: draftOf(view) });
  } finally {
    busy = false;
  }
}

export function contextOf(view) {
  const draft = draftOf(view);
  const told = (block, element) => ({
    user: here.user,
    view_id: view.id,
    block_id: block.block_id,
    action_id: element.action_id,
  });
  const press = (block, element, value) => act("press", { ...told(block, element), value, values: draft });
  const enter = (block, value) => {
    draft[block.block_id] = value;
    later(view);
  };
  return {
    errors: view.errors,
    of: (block, element) => ({
      value: view.state.values[block.block_id]?.[element.action_id],
      dispatches: block.dispatch_action,
      suggest: (which, query) => act("suggest", { ...told(block, which), query }),
      enter: (which, value) => enter(block, value),
      act: (which, value) => {
        if (block.type !== "input") return press(block, which, value);
        if (!block.dispatch_action) return enter(block, value);
        draft[block.block_id] = value;
        return press(block, which, value);
      },
      press: (which, value) => {
        draft[block.block_id] = value;
        return press(block, which, value);
      },
      // Files go at once, and are from then on named by what they got there.
      files: async (which, files) => {
        const answer = await act("fill", { user: here.user, view_id: view.id, values: { [block.block_id]: files } });
        return answer.ok ? answer.view.state.values[block.block_id][which.action_id].files : null;
      },
    }),
  };
}

// Redraws with the cursor where it was.
export function withFocus(root, redraw) {
  const focused = document.activeElement;
  const block = root.contains(focused) ? focused.closest("[data-block]")?.dataset.block : null;
  const [start, end] = [focused?.selectionStart, focused?.selectionEnd];
  redraw();
  if (!block) return;
  const again = [...root.querySelectorAll("[data-block]")].find((node) => node.dataset.block === block);
  const field = again?.querySelector("input, textarea, select, button");
  field?.focus();
  if (start === undefined || start === null || !field?.setSelectionRange) return;
  try {
    field.setSelectionRange(start, end);
  } catch {
    // Some kinds of input have no selection.
  }
}

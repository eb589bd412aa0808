// What this person sees, read anew at each change.

import { $ } from "./dom.js";
import { draw, here, learn, world } from "./state.js";

let reading = false;
let again = false;

export async function refresh() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  const found = await read().catch(() => false);
  reading = false;
  document.body.classList.toggle("away", !found);
  // Away for a moment: the live feed asks again when the sandbox is back.
  if (found) draw();
  else $("link").textContent = "Sandlådan svarar inte";
}

async function read() {
  here.user ??= await somebody();
  do {
    again = false;
    const asked = here.user;
    const answer = await fetch(`/_see?user=${encodeURIComponent(asked)}`);
    if (answer.status === 404) here.user = await somebody();
    else if (asked === here.user) learn(await answer.json());
    again ||= asked !== here.user;
  } while (again);
  return Boolean(world);
}

async function somebody() {
  const state = await (await fetch("/_state")).json();
  return state.users.find((user) => !user.is_bot && !user.deleted).id;
}

export function listen() {
  new EventSource("/_live").onmessage = () => refresh();
}

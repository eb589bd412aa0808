// Speaking with the sandbox, and saying in words what came of it.

import { toast } from "./toasts.js";

const ERRORS = {
  operation_timeout: "Appen svarade inte inom tre sekunder.",
  dispatch_failed: "Appen gick inte att nå.",
  invalid_response: "Appen svarade något som Slack inte förstår.",
  invalid_blocks: "Appen svarade med en vy som Slack inte tar emot.",
  invalid_options: "Appen erbjöd alternativ som Slack inte tar emot.",
  invalid_arguments: "Appen svarade något som Slack inte tar emot.",
  push_limit_reached: "Appen ville öppna en fjärde vy. Slack tar högst tre.",
  view_too_large: "Appen svarade med en vy som är för stor för Slack.",
};

async function ask(address, told) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(told),
  });
  return answer.json();
}

// Does what a person does; `ok` says whether it was done.
export async function act(name, told) {
  let body;
  try {
    body = await ask(`/_do/${name}`, told);
  } catch {
    toast("Sandlådan svarar inte.");
    return { ok: false };
  }
  if (body.refused) toast(`Det går inte: ${body.refused}`);
  else if (body.error) toast(`${ERRORS[body.error] ?? "Något gick fel."} (${body.error})`);
  for (const warning of body.warnings ?? []) toast(warning, "warning");
  return body;
}

// Changes the app, as its settings do; `faults` are a manifest's.
export async function change(name, told) {
  const body = await ask(`/_app/${name}`, told);
  if (body.refused) toast(`Det går inte: ${body.refused}`);
  return body;
}

export const set = (told) => ask("/_set", told);

// While the app has not answered, what was pressed shows that it waits.
export async function waiting(node, promise) {
  const slow = setTimeout(() => node.setAttribute("aria-busy", "true"), 150);
  try {
    return await promise;
  } finally {
    clearTimeout(slow);
    node.removeAttribute("aria-busy");
  }
}

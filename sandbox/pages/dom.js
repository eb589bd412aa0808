// Building the page from nodes, never from strings of HTML.

// The town's own time, which the bot writes on its cards too; the browser may be anywhere.
export const HERE = "Europe/Stockholm";

export function h(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Puts children in place of the old ones; what is null or false is left out.
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

export const icon = (name) => h("span", { cls: `icon ${name}`, "aria-hidden": "true" });

export const $ = (id) => document.getElementById(id);

export function toast(text, kind = "error") {
  const node = h("div", { cls: `toast ${kind}` }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}

const ERRORS = {
  operation_timeout: "Appen svarade inte inom tre sekunder.",
  dispatch_failed: "Appen gick inte att nå.",
  invalid_response: "Appen svarade något som Slack inte förstår.",
  invalid_blocks: "Appen svarade med en vy som Slack inte tar emot.",
  invalid_options: "Appen erbjöd alternativ som Slack inte tar emot.",
};

export async function act(name, told) {
  const answer = await fetch(`/_do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(told),
  });
  const body = await answer.json();
  if (body.refused) toast(`Det går inte: ${body.refused}`);
  else if (body.error) toast(`${ERRORS[body.error] ?? "Något gick fel."} (${body.error})`);
  for (const warning of body.warnings ?? []) toast(warning, "warning");
  return body;
}

export function ask(confirm, people) {
  const dialog = $("confirm");
  return new Promise((resolve) => {
    const end = (answer) => {
      dialog.close();
      resolve(answer);
    };
    dialog.replaceChildren(
      h("h2", {}, confirm.title.text),
      h("p", {}, people ? people(confirm.text) : confirm.text.text),
      h("footer", {},
        h("button", { cls: "btn", onclick: () => end(false) }, confirm.deny.text),
        h("button", { cls: `btn ${confirm.style ?? "primary"}`, onclick: () => end(true) }, confirm.confirm.text)),
    );
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}

export function clock(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString("sv-SE", { timeZone: HERE, hour: "2-digit", minute: "2-digit" });
}

export function day(ts) {
  return new Date(Number(ts) * 1000).toLocaleDateString("sv-SE", { timeZone: HERE, weekday: "long", day: "numeric", month: "long" });
}

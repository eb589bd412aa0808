// Making an app of a manifest, or changing it by one: paste, look, and say yes.

import { $, fill, h, icon, iconButton } from "./dom.js";
import { change } from "./server.js";

const TITLES = { create: "Create New App: From a manifest", update: "App Manifest" };
const path = (pointer) => pointer.split("/").filter(Boolean).join(".") || "manifest";

function shell(title, body, foot) {
  const dialog = $("new");
  fill(
    dialog,
    h(
      "header",
      {},
      h("h2", { id: "newtitle" }, title),
      iconButton("close", "Close", () => dialog.close()),
    ),
    h("div", { cls: "body" }, body),
    h("footer", {}, foot),
  );
  if (!dialog.open) dialog.showModal();
}

function list(faults) {
  if (!faults.length) return null;
  return h(
    "div",
    { cls: "alert is-error", role: "alert" },
    icon("error"),
    h(
      "div",
      {},
      h("strong", {}, faults.length === 1 ? "Ett fel" : `${faults.length} fel`),
      h(
        "ul",
        { cls: "faultlist" },
        faults.map((fault) => h("li", {}, h("code", {}, path(fault.pointer)), " ", fault.message)),
      ),
    ),
  );
}

// `app` is the one to change, or null for a new one; `taken` is given what came of it.
export function startManifest(app, taken) {
  const name = app ? "update" : "create";
  const text = h("textarea", {
    id: "manifest",
    rows: 18,
    spellcheck: "false",
    "aria-label": "Manifest",
    placeholder: "YAML eller JSON",
    value: app ? JSON.stringify(app.manifest, null, 2) : "",
  });
  const write = (faults) => {
    shell(
      TITLES[name],
      [h("p", { cls: "quiet" }, "Klistra in manifest.yml."), list(faults), h("div", { cls: "field" }, text)],
      [
        h("button", { type: "button", cls: "btn", onclick: () => $("new").close() }, "Cancel"),
        h("button", { type: "button", cls: "btn primary", onclick: look }, "Next"),
      ],
    );
    text.focus();
  };
  const look = async () => {
    const answer = await change("judge", { manifest: text.value });
    if (answer.faults) write(answer.faults);
    else if (answer.ok) agree();
  };
  const agree = () =>
    shell(
      "Review summary",
      [
        h(
          "p",
          {},
          app
            ? "Appen ändras, och behåller sina nycklar. Nya behörigheter gäller när den är installerad på nytt."
            : "Arbetsytan har en app. Den som finns tas bort: dess nycklar slutar gälla, och dess bot lämnar kanalerna.",
        ),
        h("pre", { tabindex: "0" }, text.value.trim()),
      ],
      [
        h("button", { type: "button", cls: "btn", onclick: () => write([]) }, "Back"),
        h("button", { type: "button", cls: "btn primary", onclick: finish }, app ? "Save" : "Create"),
      ],
    );
  const finish = async () => {
    const answer = await change(name, { manifest: text.value });
    if (answer.faults) return write(answer.faults);
    if (!answer.ok) return;
    $("new").close();
    taken(answer.app);
  };
  write([]);
}

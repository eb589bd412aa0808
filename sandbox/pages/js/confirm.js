// Asking once more before something is done.

import { $, h } from "./dom.js";

// True when the person means it; `words` draws a text object.
export function ask(confirm, words) {
  const dialog = $("confirm");
  return new Promise((resolve) => {
    const end = (answer) => {
      dialog.oncancel = null;
      dialog.close();
      resolve(answer);
    };
    dialog.replaceChildren(
      h("h2", { id: "confirmtitle" }, confirm.title.text),
      h("p", {}, words(confirm.text)),
      h(
        "footer",
        {},
        h("button", { type: "button", cls: "btn", onclick: () => end(false) }, confirm.deny.text),
        h(
          "button",
          { type: "button", cls: `btn ${confirm.style ?? "primary"}`, onclick: () => end(true) },
          confirm.confirm.text,
        ),
      ),
    );
    dialog.oncancel = () => end(false);
    dialog.showModal();
  });
}

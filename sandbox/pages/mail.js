// Received mail, newest first.

import { $, clock, h, HERE } from "./dom.js";

let mails = [];
let open = null;
let tab = "text";

async function refresh() {
  mails = await (await fetch("/_mails")).json();
  draw();
}

function linked(words) {
  const out = [];
  let at = 0;
  for (const found of words.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g)) {
    out.push(words.slice(at, found.index), h("a", { href: found[0], target: "_blank", rel: "noopener noreferrer" }, found[0]));
    at = found.index + found[0].length;
  }
  return [...out, words.slice(at)];
}

function draw() {
  $("list").replaceChildren(...(mails.length ? mails.map((mail) =>
    h("button", { cls: "item", "aria-current": open === mail.number ? "true" : null, onclick: () => show(mail.number) },
      h("div", { cls: "row" }, h("span", {}, mail.to.join(", ")), h("time", { cls: "quiet" }, clock(mail.at))),
      h("div", { cls: "subject" }, mail.subject || "(utan ämne)"),
      h("span", { cls: "quiet" }, mail.text.slice(0, 90)))) : [h("p", { cls: "empty" }, "Inga mejl har kommit än.")]));
  const mail = mails.find((one) => one.number === open) ?? null;
  const mark = `${mail?.number}|${tab}`;
  if ($("letter").dataset.mark === mark) return;
  $("letter").dataset.mark = mark;
  $("letter").replaceChildren(...(mail ? letter(mail) : [h("p", { cls: "quiet" }, mails.length ? "Välj ett mejl." : "")]));
}

function show(number) {
  open = number;
  draw();
}

function tabButton(name, words) {
  return h("button", { role: "tab", "aria-selected": tab === name ? "true" : "false", onclick: () => {
    tab = name;
    draw();
  } }, words);
}

function letter(mail) {
  const shown = tab === "html" && !mail.html ? "text" : tab;
  const bodies = {
    text: () => h("div", { cls: "words" }, linked(mail.text)),
    html: () => h("iframe", { sandbox: "allow-popups", src: `/_mails/${mail.number}/html`, title: "Mejlets HTML" }),
    headers: () => h("pre", {}, mail.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
  };
  return [
    h("h2", {}, mail.subject || "(utan ämne)"),
    h("dl", {}, h("dt", {}, "Från"), h("dd", {}, mail.from), h("dt", {}, "Till"), h("dd", {}, mail.to.join(", ")),
      h("dt", {}, "Kom"), h("dd", {}, new Date(mail.at * 1000).toLocaleString("sv-SE", { timeZone: HERE }))),
    mail.attachments.length ? h("p", {}, `Bilagor: ${mail.attachments.map((file) => `${file.name} (${file.size} byte)`).join(", ")}`) : null,
    h("div", { cls: "tabs", role: "tablist" }, tabButton("text", "Text"), mail.html ? tabButton("html", "HTML") : null, tabButton("headers", "Huvuden")),
    bodies[shown](),
  ].filter(Boolean);
}

await refresh();
if (mails.length) show(mails[0].number);
new EventSource("/_live").onmessage = () => refresh();

// Received mail, as each who got it would read it.

import { $, fill, h, icon, iconButton } from "./dom.js";
import { fileChip } from "./files.js";
import { moment, shortDay } from "./time.js";

const ADDRESS = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;
const OPENED = "mailsopened";
const opened = new Set(JSON.parse(localStorage.getItem(OPENED) ?? "[]"));
let mails = [];
let box = null;
let open = null;
let tab = "html";

async function refresh() {
  mails = await (await fetch("/_mails")).json();
  draw();
}

const keyOf = (mail) => `${mail.number}@${mail.at}`;
const shown = () => mails.filter((mail) => !box || mail.to.includes(box));
const isNew = (mail) => !opened.has(keyOf(mail));

function linked(words) {
  const out = [];
  let at = 0;
  for (const found of words.matchAll(ADDRESS)) {
    out.push(
      words.slice(at, found.index),
      h("a", { href: found[0], target: "_blank", rel: "noopener noreferrer" }, found[0]),
    );
    at = found.index + found[0].length;
  }
  return [...out, words.slice(at)];
}

function draw() {
  drawBoxes();
  drawList();
  drawLetter();
}

function drawBoxes() {
  const owners = [...new Set(mails.flatMap((mail) => mail.to))].sort((one, other) => one.localeCompare(other, "sv"));
  const one = (owner, name) => {
    const count = mails.filter((mail) => isNew(mail) && (!owner || mail.to.includes(owner))).length;
    return h(
      "button",
      {
        type: "button",
        cls: `channel${box === owner ? " on" : ""}${count ? " unread" : ""}`,
        "aria-current": box === owner ? "true" : null,
        onclick: () => look(owner),
      },
      h("span", { cls: "sign" }, icon(owner ? "mail" : "people")),
      h("span", { cls: "name" }, name),
      count ? h("span", { cls: "count" }, String(count)) : null,
    );
  };
  const focused = [...$("boxes").children].indexOf(document.activeElement);
  fill(
    $("boxes"),
    one(null, "Alla"),
    owners.map((owner) => one(owner, owner)),
  );
  if (focused >= 0) $("boxes").children[focused]?.focus();
}

function look(owner) {
  box = owner;
  open = shown()[0] ?? null;
  if (open) show(open);
  else draw();
}

function drawList() {
  const found = shown();
  $("boxname").textContent = box ?? "Alla";
  $("boxcount").textContent = found.length ? `${found.length} mejl` : "";
  const focused = [...$("list").children].indexOf(document.activeElement);
  fill(
    $("list"),
    found.length
      ? found.map((mail) =>
          h(
            "button",
            {
              type: "button",
              cls: `item${isNew(mail) ? " new" : ""}`,
              "aria-current": open && keyOf(open) === keyOf(mail) ? "true" : null,
              onclick: () => show(mail),
            },
            h(
              "span",
              { cls: "row" },
              h("span", { cls: "to" }, mail.to.join(", ")),
              h("time", { cls: "quiet" }, shortDay(mail.at)),
            ),
            h("span", { cls: "subject" }, mail.subject || "(utan ämne)"),
            h("span", { cls: "quiet start" }, mail.text.slice(0, 120)),
          ),
        )
      : h("p", { cls: "empty" }, "Inga mejl har kommit än."),
  );
  if (focused >= 0) $("list").children[focused]?.focus();
}

function show(mail) {
  open = mail;
  opened.add(keyOf(mail));
  localStorage.setItem(OPENED, JSON.stringify([...opened].slice(-500)));
  document.body.classList.add("reading");
  draw();
}

const BODIES = {
  html: (mail) =>
    h("iframe", { sandbox: "allow-popups", src: `/_mails/${mail.number}/html`, title: "Mejlets innehåll" }),
  text: (mail) => h("div", { cls: "words", tabindex: "0" }, linked(mail.text)),
  headers: (mail) => h("pre", { tabindex: "0" }, mail.headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
};

function tabs(mail, now) {
  const one = (name, words) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        "aria-selected": String(name === now),
        onclick: () => {
          tab = name;
          draw();
        },
      },
      words,
    );
  return h(
    "div",
    { cls: "tabs", role: "tablist", "aria-label": "Visa mejlet som" },
    mail.html ? one("html", "Mejl") : null,
    one("text", "Bara text"),
    one("headers", "Huvuden"),
  );
}

function drawLetter() {
  const now = tab === "html" && !open?.html ? "text" : tab;
  const mark = open ? `${keyOf(open)}|${now}` : String(mails.length);
  if ($("letter").dataset.mark === mark) return;
  $("letter").dataset.mark = mark;
  if (!open)
    return fill(
      $("letter"),
      h("p", { cls: "empty" }, mails.length ? "Välj ett mejl." : "Här läses de mejl som appen skickar."),
    );
  fill(
    $("letter"),
    h(
      "header",
      {},
      iconButton("back", "Till listan", () => document.body.classList.remove("reading"), { cls: "plain back" }),
      h("h2", {}, open.subject || "(utan ämne)"),
      h(
        "dl",
        {},
        h("dt", {}, "Från"),
        h("dd", {}, open.from),
        h("dt", {}, "Till"),
        h("dd", {}, open.to.join(", ")),
        h("dt", {}, "Kom"),
        h("dd", {}, moment(open.at)),
      ),
      open.attachments.length
        ? h(
            "div",
            { cls: "filechips" },
            open.attachments.map((file) => fileChip(file)),
          )
        : null,
      tabs(open, now),
    ),
    BODIES[now](open),
  );
}

await refresh();
if (mails.length && matchMedia("(min-width: 721px)").matches) show(mails[0]);
new EventSource("/_live").onmessage = () => refresh();

// Faults on purpose: what the network and Slack do on a bad day, switched on and off.

import { $, fill, h, icon, iconButton } from "./dom.js";
import { set } from "./server.js";
import { toast } from "./toasts.js";

// Swedish for the kinds the sandbox has today, of one side where they are called something else there; one that is newer
// is shown in the sandbox's own words.
const WORDS = {
  error: ["Slack svarar fel för sent", "Arbetet görs ändå"],
  refused: ["Slack svarar fel", "Inget görs"],
  status: ["Slack svarar 500", "Inget görs"],
  status_after: ["Slack svarar 500 för sent", "Arbetet görs ändå"],
  ratelimited: ["Slack säger vänta (429)", "Inget görs, och appen ska vänta"],
  cut_before: ["Avbrott före", "Förbindelsen bryts innan arbetet görs"],
  cut_after: ["Avbrott efter", "Arbetet görs, men svaret kommer aldrig fram"],
  slow: ["Långsamt", "Det dröjer två sekunder"],
  lost_ephemeral: ["Privata svar försvinner", "Slack säger att de är skickade"],
  redirect: ["Filer finns någon annanstans", "Den som hämtar leds till en annan adress"],
  duplicate: ["Dubbletter", "Appen hör samma sak två gånger"],
  lost: ["Appen hör ingenting", "Det som skickas kommer aldrig fram"],
  ack_lost: ["Kvittensen försvinner", "Appen hör, men Slack får inget svar"],
  late: ["Händelser i fel ordning", "De kommer efter dem som hände senare"],
  dropped_socket: ["Förbindelsen bryts", "Just när något har skickats"],
  "to_mail:status": ["Mejlservern är nere", "Den svarar 451 och tar inte emot något"],
  "to_mail:status_after": ["Mejlservern svarar fel för sent", "Mejlet kommer fram ändå"],
  "to_mail:cut_before": ["Avbrott före", "Förbindelsen bryts innan mejlet har tagits emot"],
  "to_mail:cut_after": ["Avbrott efter", "Mejlet kommer fram, men inte svaret på det"],
};
const SIDES = {
  to_slack: "När appen ringer Slack",
  to_files: "När appen hämtar filer",
  to_app: "När Slack ringer appen",
  to_mail: "När appen skickar mejl",
};
const OFTEN = {
  once: ["Nästa gång", { times: 1 }],
  some: ["Tre av tio", { times: null, share: 0.3 }],
  always: ["Varje gång", { times: null }],
};
const SECONDS = 2;
const ALL = "all";
const anything = { to_slack: "*", to_files: "files.download", to_app: null, to_mail: "mail" };
let often = "some";
let now = null;

const sided = (side, kind) => ({ side, kind, what: anything[side] ?? now.envelopes.join(" ") });
const rowsOf = (side) => Object.keys(now[side] ?? {}).map((kind) => sided(side, kind));
const everyKind = () => [...new Set(Object.keys(SIDES).flatMap((side) => Object.keys(now[side] ?? {})))];
const isSame = (one, { what, kind }) =>
  one.what === what && one.kinds.join() === (kind === ALL ? everyKind() : [kind]).join();
const found = (row) => now.on.filter((one) => isSame(one, row));

async function tell(told) {
  const answer = await set(told);
  if (answer.refused) toast(`Det går inte: ${answer.refused}`);
  else now = answer.faults;
  draw();
}

function flip(row) {
  const on = found(row);
  if (on.length) return tell({ faults_off: on.map((one) => one.number) });
  const kinds = row.kind === ALL ? everyKind() : [row.kind];
  const how = row.kind === ALL ? OFTEN.some[1] : OFTEN[often][1];
  return tell({
    faults: [
      { what: row.what, kinds, seconds: SECONDS, ...(row.kind.startsWith("status") ? { status: 500 } : {}), ...how },
    ],
  });
}

function drawRow(row, [name, about]) {
  const on = found(row);
  const struck = on.reduce((sum, one) => sum + one.struck, 0);
  return h(
    "button",
    {
      type: "button",
      role: "switch",
      "aria-checked": String(on.length > 0),
      cls: "fault",
      "data-fault": `${row.side}:${row.kind}`,
      onclick: () => flip(row),
    },
    h("span", { cls: "two" }, h("span", {}, name), h("small", {}, about)),
    on.length ? h("span", { cls: "tag warm" }, `${struck} ggr`) : null,
    h("span", { cls: "switch" }),
  );
}

const small = (words, run) => h("button", { type: "button", cls: "btn small", onclick: run }, words);

function howOften() {
  const one = ([key, [name]]) => {
    const choose = () => {
      often = key;
      draw();
    };
    return h(
      "button",
      { type: "button", "aria-pressed": String(key === often), "data-often": key, onclick: choose },
      name,
    );
  };
  return h("div", { cls: "choices", role: "group", "aria-label": "Hur ofta" }, Object.entries(OFTEN).map(one));
}

function sides() {
  const there = Object.entries(SIDES).filter(([side]) => now[side]);
  return there.map(([side, words]) => [
    h("h3", {}, words),
    rowsOf(side).map((row) => drawRow(row, WORDS[`${side}:${row.kind}`] ?? WORDS[row.kind] ?? [row.kind, now[side][row.kind]])),
  ]);
}

function atOnce() {
  return [
    h("h3", {}, "Just nu"),
    h(
      "div",
      { cls: "actions" },
      small("Bryt förbindelsen", () => tell({ cut: true })),
      small("Be appen ansluta på nytt", () => tell({ disconnect: "refresh_requested" })),
    ),
  ];
}

function struck() {
  const strikes = Object.entries(now.struck).sort((one, other) => other[1] - one[1]);
  if (!strikes.length) return null;
  const all = strikes.reduce((sum, [, times]) => sum + times, 0);
  const items = strikes.map(([what, times]) => h("li", {}, what, h("span", {}, String(times))));
  return h("details", {}, h("summary", {}, `Har slagit till ${all} gånger`), h("ul", { cls: "struck" }, items));
}

function off() {
  const all = () => tell({ faults_off: "all" });
  const attrs = { type: "button", cls: "btn", disabled: !now.on.length, onclick: all };
  return h("footer", {}, h("button", attrs, icon("sun"), "Stäng av alla"));
}

function draw() {
  const dialog = $("faults");
  const focused = dialog.contains(document.activeElement) ? document.activeElement.dataset : {};
  const scroll = dialog.querySelector(".body")?.scrollTop ?? 0;
  const close = iconButton("close", "Stäng", () => dialog.close());
  const about =
    "Det som Slack, nätet och mejlservern kan hitta på en dålig dag. Inget ska gå förlorat och inget ska hända två gånger.";
  const everything = ["Allt på en gång", "Tre av tio av allt slår fel, på alla sätt"];
  fill(
    dialog,
    h("header", {}, h("h2", { id: "faultstitle" }, "Fel på beställning"), close),
    h(
      "div",
      { cls: "body" },
      h("p", { cls: "quiet" }, about),
      drawRow({ side: ALL, kind: ALL, what: "* mail" }, everything),
      howOften(),
      sides(),
      atOnce(),
      struck(),
    ),
    off(),
  );
  dialog.querySelector(".body").scrollTop = scroll;
  for (const [name, value] of Object.entries(focused)) {
    dialog.querySelector(`[data-${name}="${value}"]`)?.focus({ preventScroll: true });
  }
}

async function read() {
  now = await (await fetch("/_faults")).json();
  draw();
}

// What has struck is counted while one looks.
export function drawFaults() {
  if ($("faults").open) read();
}

export function startFaults() {
  $("tofaults").addEventListener("click", async () => {
    await read();
    $("faults").showModal();
  });
  $("faults").addEventListener("click", (event) => event.target === $("faults") && $("faults").close());
}

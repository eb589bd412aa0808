// The app's settings. The names of places and buttons are those that Slack's own pages have.

import { $, fill, h, icon } from "./dom.js";
import { startManifest } from "./manifest.js";
import { change } from "./server.js";
import { toast } from "./toasts.js";

const HIDDEN = "•".repeat(24);
const revealed = new Set();
let app = null;

const chips = (names) =>
  h(
    "ul",
    { cls: "names" },
    names.map((name) => h("li", {}, h("code", {}, name))),
  );
const row = (name, ...what) => h("div", { cls: "row" }, h("dt", {}, name), h("dd", {}, what));
const action = (words, run, cls = "") => h("button", { type: "button", cls: `btn ${cls}`, onclick: run }, words);
const part = (name, about, ...inside) =>
  h(
    "section",
    { id: name.toLowerCase().replaceAll(/[^a-z]+/g, "-") },
    h("h2", {}, name),
    about ? h("p", { cls: "quiet" }, about) : null,
    inside,
  );

async function copy(words) {
  await navigator.clipboard.writeText(words);
  toast("Kopierat.", "done");
}

function secret(name, value) {
  const shown = revealed.has(name);
  return row(
    name,
    h("code", { cls: "secret" }, shown ? value : HIDDEN),
    action(
      shown ? "Hide" : "Show",
      () => {
        if (shown) revealed.delete(name);
        else revealed.add(name);
        draw();
      },
      "small",
    ),
    action("Copy", () => copy(value), "small"),
  );
}

async function tell(act, told = {}) {
  const answer = await change(act, told);
  if (!answer.ok) return false;
  app = answer.app;
  draw();
  return true;
}

function basic() {
  return part(
    "Basic Information",
    null,
    h("dl", {}, row("App ID", h("code", {}, app.id)), secret("Signing Secret", app.signing_secret)),
    h("h3", {}, "App-Level Tokens"),
    h("p", { cls: "quiet" }, "En sådan öppnar Socket Modes förbindelser."),
    app.app_token
      ? h("dl", {}, secret("connections:write", app.app_token))
      : action("Generate Token and Scopes: connections:write", () =>
          tell("app_token", { scopes: ["connections:write"] }),
        ),
  );
}

function oauth() {
  const again = app.installed && app.must_be_installed;
  return part(
    "OAuth & Permissions",
    null,
    again
      ? h(
          "p",
          { cls: "alert is-warning" },
          icon("warning"),
          "Manifestet ber om andra behörigheter än appen har. De gäller när den är installerad på nytt.",
        )
      : null,
    h("dl", {}, app.bot_token ? secret("Bot User OAuth Token", app.bot_token) : null),
    app.is_given
      ? null
      : action(
          app.installed ? `Reinstall to ${app.team}` : `Install to ${app.team}`,
          async () => (await tell("install")) && toast("Appen är installerad.", "done"),
          app.must_be_installed ? "primary" : "",
        ),
    h("h3", {}, "Bot Token Scopes"),
    chips(app.scopes),
  );
}

function way() {
  const socket = app.mode === "socket";
  return [
    part(
      "Socket Mode",
      null,
      h(
        "dl",
        {},
        row("Socket Mode", socket ? "på" : "av"),
        socket ? row("Förbindelser just nu", String(app.connections)) : null,
      ),
    ),
    socket
      ? null
      : part(
          "Request URLs",
          "Hit skickar Slack det som folk gör och det som händer.",
          h(
            "dl",
            {},
            row("Request URL", h("code", {}, app.request_url ?? "saknas")),
            app.options_url ? row("Options Load URL", h("code", {}, app.options_url)) : null,
          ),
        ),
  ];
}

function features() {
  return [
    part(
      "Slash Commands",
      null,
      h(
        "dl",
        {},
        app.commands.map((one) =>
          row(one.command, one.description, one.usage_hint ? h("small", {}, one.usage_hint) : null),
        ),
      ),
    ),
    part(
      "Interactivity & Shortcuts",
      null,
      h(
        "dl",
        {},
        app.shortcuts.map((one) =>
          row(one.name, one.type === "global" ? "överallt" : "på meddelanden", h("code", {}, one.callback_id)),
        ),
      ),
    ),
    part("Event Subscriptions", null, chips(app.events)),
    part(
      "App Home",
      null,
      h("dl", {}, row("Home Tab", app.home_tab ? "på" : "av"), row("Messages Tab", app.messages_tab ? "på" : "av")),
    ),
  ];
}

function settings() {
  const lines = [
    `SLACK_API_URL=${app.api_url}`,
    `SLACK_BOT_TOKEN=${app.bot_token || "(installera appen)"}`,
    app.mode === "socket"
      ? `SLACK_APP_TOKEN=${app.app_token || "(skapa en app-level token)"}`
      : `SLACK_SIGNING_SECRET=${app.signing_secret}`,
    app.smtp_port ? `SMTP_URL=smtp://127.0.0.1:${app.smtp_port}` : null,
  ].filter(Boolean);
  return part(
    "Till .env",
    "Det som Ärendebot behöver för att tala med just den här arbetsytan.",
    h("pre", { tabindex: "0" }, lines.join("\n")),
    action("Copy", () => copy(lines.join("\n")), "small"),
  );
}

function draw() {
  const state = app.installed
    ? h("span", { cls: "tag good" }, icon("check"), "Installerad")
    : h("span", { cls: "tag warm" }, "Inte installerad");
  fill(
    $("settings"),
    h("header", {}, h("h1", {}, app.name), state),
    app.is_given
      ? h(
          "p",
          { cls: "alert" },
          icon("info"),
          "Demons bot kör med den här appen, så den går inte att byta. Starta python -m sandbox serve för att göra en egen.",
        )
      : null,
    basic(),
    oauth(),
    way(),
    features(),
    settings(),
    app.is_given || !Object.keys(app.manifest).length
      ? null
      : part(
          "App Manifest",
          null,
          app.mode === "http" && app.request_url
            ? h(
                "dl",
                {},
                row(
                  "Request URL",
                  h("code", {}, app.request_url),
                  action(
                    "Verify",
                    async () => (await tell("verify")) && toast("Adressen svarar som den ska.", "done"),
                    "small",
                  ),
                ),
              )
            : null,
          action("Edit manifest", () => startManifest(app, taken)),
        ),
  );
  fill(
    $("sections"),
    [...$("settings").querySelectorAll("section")].map((section) =>
      h("a", { href: `#${section.id}` }, section.querySelector("h2").textContent),
    ),
  );
  $("create").hidden = app.is_given;
}

function taken(made) {
  app = made;
  revealed.clear();
  draw();
}

async function refresh() {
  app = await (await fetch("/_app")).json();
  draw();
}

$("create").addEventListener("click", () => startManifest(null, taken));
await refresh();
new EventSource("/_live").onmessage = async () => {
  const found = await (await fetch("/_app")).json();
  if (JSON.stringify(found) !== JSON.stringify(app)) taken(found);
};

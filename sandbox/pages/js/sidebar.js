// The side: the workspace, who one is, and the conversations.

import { $, fill, h, icon } from "./dom.js";
import { face, kindOf, people } from "./people.js";
import { APP, appChannel, channels, here, unread, world } from "./state.js";
import { go } from "./places.js";

const THEMES = { "": ["half", "Som datorn"], light: ["sun", "Ljust"], dark: ["moon", "Mörkt"] };

export function drawSide() {
  $("team").textContent = world.team.name;
  $("mails").textContent = world.mails || "";
  $("faultcount").textContent = world.faults || "";
  $("link").textContent = world.connected ? "Boten är ansluten" : "Boten är inte ansluten";
  $("link").className = `link${world.connected ? " on" : ""}`;
  drawWho();
  drawPlaces();
}

function drawWho() {
  const select = $("who");
  const mark = JSON.stringify(people());
  if (select.dataset.mark !== mark) {
    select.dataset.mark = mark;
    const one = (user) =>
      h(
        "option",
        { value: user.id },
        face(user, "small"),
        h(
          "span",
          { cls: "two" },
          h("span", {}, user.real_name),
          h("small", {}, [kindOf(user), user.title].filter(Boolean).join(" · ") || "medarbetare"),
        ),
      );
    select.replaceChildren(h("button", { type: "button" }, h("selectedcontent")), ...people().map(one));
    select.value = "";
  }
  if (select.value !== here.user) select.value = here.user;
}

function signOf(channel) {
  if (channel.is_archived) return icon("archive", "arkiverad");
  return channel.is_private ? icon("lock", "privat") : icon("hash");
}

function link(place, sign, name, count, more) {
  const on = here.place === place;
  return h(
    "button",
    {
      type: "button",
      cls: `channel${on ? " on" : ""}${count ? " unread" : ""}`,
      "aria-current": on ? "page" : null,
      "data-place": place,
      onclick: () => go(place),
    },
    h("span", { cls: "sign" }, sign),
    h("span", { cls: "name" }, name),
    more ?? null,
    count ? h("span", { cls: "count" }, String(count), h("span", { cls: "unseen" }, " olästa")) : null,
  );
}

const channelLink = (channel) =>
  link(
    channel.id,
    signOf(channel),
    channel.name,
    unread(channel),
    channel.is_ext_shared ? icon("shared", "delad med annan organisation") : null,
  );

// Drawn anew only when something in it changed, so that the keyboard stays where it is.
function drawPlaces() {
  const [open, old] = [channels().filter((one) => !one.is_archived), channels().filter((one) => one.is_archived)];
  const im = appChannel();
  const counts = world.channels.map((channel) => [channel.id, channel.name, unread(channel)]);
  const mark = JSON.stringify([here.user, here.place, counts, world.app.name, world.app.installed]);
  if ($("channels").dataset.mark === mark) return;
  $("channels").dataset.mark = mark;
  const focused = document.activeElement?.closest?.("#channels [data-place]")?.dataset.place;
  const bot = world.users[world.app.bot_user];
  fill(
    $("channels"),
    h("h2", {}, "Kanaler"),
    open.length ? open.map(channelLink) : h("p", { cls: "quiet" }, "Inga kanaler"),
    world.app.installed
      ? [h("h2", {}, "Appar"), link(APP, face(bot, "small"), world.app.name, im ? unread(im) : 0)]
      : null,
    old.length ? [h("h2", {}, "Arkiverade"), old.map(channelLink)] : null,
  );
  if (focused) $("channels").querySelector(`[data-place="${focused}"]`)?.focus();
}

function drawTheme() {
  const [sign, name] = THEMES[document.documentElement.dataset.theme ?? ""];
  fill($("theme"), icon(sign));
  $("theme").title = $("theme").ariaLabel = `Utseende: ${name}`;
}

export function startTheme() {
  $("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    localStorage.setItem("theme", next);
    drawTheme();
  });
  drawTheme();
}

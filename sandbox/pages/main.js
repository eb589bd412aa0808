// The page: who one is, where one is, and what is there.

import { $, act, clock, day, fill, h, icon, toast } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { emoji, know, mrkdwn } from "./text.js";
import { forgetHome, showHome, showModal } from "./views.js";

const HOME = "home";
const here = {
  user: localStorage.getItem("user"),
  channel: localStorage.getItem("channel"),
  thread: null,
};
let world = null;
const drawn = new Map();

// --- reading ---

let reading = false;
let again = false;
async function refresh() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  const fresh = await read().catch(() => false);
  reading = false;
  // Away for a moment: the live feed asks again when the sandbox is back.
  if (fresh) draw();
  else $("link").className = "dot";
}

async function read() {
  here.user ??= await somebody();
  do {
    again = false;
    const asked = here.user;
    const answer = await fetch(`/_see?user=${encodeURIComponent(asked)}`);
    if (answer.status === 404) here.user = await somebody();
    else if (asked === here.user) world = await answer.json();
    again ||= asked !== here.user;
  } while (again);
  return Boolean(world);
}

async function somebody() {
  const state = await (await fetch("/_state")).json();
  return state.users.find((user) => !user.is_bot && !user.deleted).id;
}

const lastRead = (channel) => Number(localStorage.getItem(`read:${here.user}:${channel}`) ?? 0);
function markRead(channel) {
  const last = channel.messages.at(-1);
  if (last) localStorage.setItem(`read:${here.user}:${channel.id}`, last.ts);
}
const unread = (channel) => channel.messages.filter((m) => m.user !== here.user && Number(m.ts) > lastRead(channel.id)).length;

// --- drawing ---

function draw() {
  know(world.users, world.channels);
  $("team").textContent = world.team.name;
  $("mails").textContent = world.mails || "";
  $("link").className = `dot ${world.connected ? "on" : ""}`;
  $("link").title = world.connected ? "Boten är ansluten" : "Boten är inte ansluten";
  drawWho();
  const channel = current();
  if (channel && document.hasFocus()) markRead(channel);
  drawChannels();
  if (here.channel === HOME) drawHomePane();
  else drawChannel(channel);
  drawThread(channel);
  showModal(world.stack, world, refresh);
}

function current() {
  const found = world.channels.find((channel) => channel.id === here.channel);
  if (found || here.channel === HOME) return found;
  here.channel = world.channels.find((channel) => !channel.is_im)?.id ?? null;
  return world.channels.find((channel) => channel.id === here.channel);
}

function kindOf(user) {
  if (user.team_id !== world.team.id) return " (annan organisation)";
  if (user.is_ultra_restricted) return " (gäst i en kanal)";
  if (user.is_restricted) return " (gäst)";
  return user.is_admin ? " (administratör)" : "";
}

function drawWho() {
  const people = Object.values(world.users).filter((user) => !user.is_bot && !user.deleted);
  const mark = people.map((user) => user.id).join();
  if ($("who").dataset.mark !== mark) {
    $("who").dataset.mark = mark;
    $("who").replaceChildren(...people.map((user) => h("option", { value: user.id }, user.real_name + kindOf(user))));
  }
  $("who").value = here.user;
}

function channelLink(id, sign, name, count) {
  const on = here.channel === id;
  return h("button", { cls: `channel${on ? " on" : ""}${count ? " unread" : ""}`, "aria-current": on ? "true" : null, onclick: () => go(id) },
    h("span", { cls: "sign" }, sign), h("span", { cls: "name" }, name), count ? h("span", { cls: "count" }, String(count)) : null);
}

function drawChannels() {
  const open = world.channels.filter((channel) => !channel.is_im);
  const im = world.channels.find((channel) => channel.is_im && channel.members.includes(world.app.bot_user));
  const focused = document.activeElement?.closest?.("#channels") ? [...$("channels").querySelectorAll("button")].indexOf(document.activeElement) : -1;
  fill($("channels"), 
    h("h2", {}, "Kanaler"),
    ...open.map((channel) => channelLink(channel.id, channel.is_private ? icon("lock") : "#", channel.name, unread(channel))),
    h("h2", {}, "Appar"),
    im ? channelLink(im.id, "●", world.app.name, unread(im)) : h("button", { cls: "channel", onclick: openIm }, h("span", { cls: "sign" }, "○"), world.app.name),
    world.app.home_tab ? channelLink(HOME, "⌂", "Hem", 0) : null);
  if (focused >= 0) $("channels").querySelectorAll("button")[focused]?.focus();
}

async function openIm() {
  const told = await act("dm", { user: here.user });
  await refresh();
  go(told.channel);
}

function go(id) {
  here.channel = id;
  here.thread = null;
  localStorage.setItem("channel", id);
  drawn.clear();
  $("messages").replaceChildren();
  forgetHome();
  if (id === HOME) act("home", { user: here.user });
  draw();
  $("messages").scrollTop = id === HOME ? 0 : $("messages").scrollHeight;
  if (id !== HOME) $("text").focus();
}

function drawHomePane() {
  $("composer").hidden = true;
  fill($("head"), h("h1", {}, `${world.app.name} · Hem`), h("button", { cls: "btn small", onclick: () => act("home", { user: here.user }) }, "Öppna på nytt"));
  showHome(world.home, world, $("messages"));
}

function drawChannel(channel) {
  $("composer").hidden = !channel || channel.is_archived;
  if (!channel) {
    fill($("head"), h("h1", {}, "Inga kanaler"));
    $("messages").replaceChildren(h("p", { cls: "empty" }, "Den här personen är inte med i någon kanal."));
    return;
  }
  const name = channel.is_im ? world.app.name : channel.name;
  fill($("head"), 
    h("h1", {}, channel.is_im ? null : channel.is_private ? icon("lock") : "# ", name),
    h("span", { cls: "quiet topic" }, channel.topic),
    channel.is_ext_shared ? h("span", { cls: "tag" }, "Delad med annan organisation") : null,
    channel.is_archived ? h("span", { cls: "tag" }, "Arkiverad") : null,
    channel.is_im ? null : h("span", { cls: "quiet", title: channel.members.map((id) => world.users[id]?.real_name ?? id).join(", ") }, `${channel.members.length} medlemmar`));
  $("text").placeholder = `Skriv till ${channel.is_im ? name : `#${name}`}, eller / för kommandon`;
  const top = channel.messages.filter((message) => !message.thread_ts || message.thread_ts === message.ts);
  fillList($("messages"), top, channel, "top");
}

function drawThread(channel) {
  const parent = channel?.messages.find((message) => message.ts === here.thread);
  $("thread").hidden = !parent;
  document.body.classList.toggle("threaded", Boolean(parent));
  if (!parent) return;
  const replies = channel.messages.filter((message) => message.thread_ts === parent.ts && message.ts !== parent.ts);
  fillList($("replies"), [parent, ...replies], channel, "thread");
}

function fillList(root, messages, channel, where) {
  const atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 60;
  const nodes = [];
  let lastDay = "";
  for (const message of messages) {
    const date = day(message.ts);
    if (date !== lastDay && where === "top") nodes.push(keep(`${where}:${date}`, date, () => h("div", { cls: "day" }, h("span", {}, date))));
    lastDay = date;
    nodes.push(keep(`${where}:${message.ts}`, JSON.stringify([message, here.user]), () => drawMessage(message, channel, where)));
  }
  if (!nodes.length) nodes.push(h("p", { cls: "empty" }, "Här är tomt än."));
  if (nodes.length !== root.childNodes.length || nodes.some((node, n) => node !== root.childNodes[n])) {
    root.replaceChildren(...nodes);
    if (atEnd) root.scrollTop = root.scrollHeight;
  }
}

// A node is drawn anew only when its message changed, so that an open menu stays open.
function keep(key, mark, make) {
  const known = drawn.get(key);
  if (known && known.mark === mark) return known.node;
  const node = make();
  drawn.set(key, { mark, node });
  return node;
}

function contextOf(message, channel) {
  const place = { user: here.user, channel: channel.id, ts: message.ts };
  const told = (block, element, value) => act("press", { ...place, block_id: block.block_id, action_id: element.action_id, value });
  return {
    of: (block, element) => ({
      users: world.users,
      channels: world.channels,
      value: initial(element),
      label: block.label?.text,
      dispatches: block.dispatch_action,
      act: (which, value) => (block.type === "input" && !block.dispatch_action ? null : told(block, which, value)),
      enter: () => {},
      press: (which, value) => told(block, which, value),
      suggest: async (which, query) =>
        (await act("suggest", { ...place, block_id: block.block_id, action_id: which.action_id, query })).options ?? [],
    }),
  };
}

function initial(element) {
  const names = Object.keys(element).filter((name) => name.startsWith("initial_"));
  return Object.fromEntries(names.map((name) => [name === "initial_value" ? "value" : name.replace("initial_", "selected_"), element[name]]));
}

function drawMessage(message, channel, where) {
  if (message.tombstone) return h("article", { cls: "message gone" }, h("div", { cls: "face" }, "–"), h("div", { cls: "quiet" }, "Meddelandet är borttaget."), threadLink(message, where));
  const author = world.users[message.user];
  const bot = Boolean(message.bot_id);
  const body = message.blocks?.length ? drawBlocks(message.blocks, contextOf(message, channel)) : h("div", { cls: "text" }, mrkdwn(message.text));
  const name = author?.real_name ?? message.user;
  return h("article", { cls: `message${message.ephemeral_to ? " private" : ""}`, "data-ts": message.ts },
    h("div", { cls: `face${bot ? " bot" : ""} f${hue(message.user)}`, "aria-hidden": "true" }, initials(name)),
    h("div", { cls: "content" },
      message.ephemeral_to ? h("div", { cls: "only" }, icon("eye"), "Bara du kan se det här") : null,
      h("div", { cls: "by" }, h("strong", {}, name), bot ? h("span", { cls: "tag" }, "app") : null,
        author && author.team_id !== world.team.id ? h("span", { cls: "tag" }, "annan organisation") : null,
        h("time", { cls: "quiet" }, clock(message.ts)), message.edited && !bot ? h("span", { cls: "quiet" }, "(redigerad)") : null),
      body,
      message.reactions ? h("div", { cls: "reactions" }, message.reactions.map((reaction) =>
        h("button", { cls: `reaction${reaction.users.includes(here.user) ? " mine" : ""}`, title: reaction.users.map((id) => world.users[id]?.real_name ?? id).join(", "),
          onclick: () => act("react", { user: here.user, channel: channel.id, ts: message.ts, name: reaction.name }) }, emoji(reaction.name), ` ${reaction.count}`))) : null,
      threadLink(message, where)),
    message.ephemeral_to ? null : tools(message, channel, where));
}

const initials = (name) => name.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
const hue = (id) => [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;

function threadLink(message, where) {
  if (!message.reply_count || where === "thread") return null;
  return h("button", { cls: "replies", onclick: () => openThread(message.ts) }, message.reply_count === 1 ? "1 svar" : `${message.reply_count} svar`);
}

function openThread(ts) {
  here.thread = ts;
  draw();
  $("replies").scrollTop = $("replies").scrollHeight;
  $("replytext").focus();
}

function tools(message, channel, where) {
  const place = { user: here.user, channel: channel.id, ts: message.ts };
  const shortcuts = world.app.shortcuts.filter((item) => item.type === "message");
  const own = message.user === here.user;
  const items = [
    ...shortcuts.map((item) => [item.name, () => act("shortcut", { ...place, callback_id: item.callback_id })]),
    own ? ["Redigera", () => edit(message, place)] : null,
    own ? ["Ta bort", () => act("delete", place)] : null,
    !own && world.users[here.user]?.is_admin ? ["Ta bort (administratör)", () => act("remove_card", place)] : null,
  ].filter(Boolean);
  return h("div", { cls: "tools" },
    where === "top" ? h("button", { cls: "plain", title: "Svara i tråd", "aria-label": "Svara i tråd", onclick: () => openThread(message.ts) }, icon("reply")) : null,
    items.length ? h("details", { cls: "menu" }, h("summary", { cls: "plain", title: "Genvägar", "aria-label": "Genvägar" }, "⋮"),
      h("div", { cls: "pop" }, items.map(([name, run]) => h("button", { type: "button", onclick: (event) => {
        event.target.closest("details").open = false;
        run();
      } }, name)))) : null);
}

function edit(message, place) {
  const changed = window.prompt("Redigera meddelandet", message.text);
  if (changed) act("edit", { ...place, text: changed });
}

// --- writing ---

async function send(field, thread_ts) {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  resize(field);
  const told = { user: here.user, channel: here.channel };
  if (!text.startsWith("/") || thread_ts) return act("say", { ...told, text, thread_ts });
  const [command, ...rest] = text.split(" ");
  const answer = await act("slash", { ...told, command, text: rest.join(" ") });
  if (answer.error) toast(`${command} misslyckades: ${answer.error}`);
}

function resize(field) {
  field.rows = Math.min(8, field.value.split("\n").length);
}

function composer(form, field, thread) {
  const go = () => send(field, thread ? here.thread : undefined).then(() => {
    const list = thread ? $("replies") : $("messages");
    list.scrollTop = list.scrollHeight;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  field.addEventListener("input", () => resize(field));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.defaultPrevented) {
      event.preventDefault();
      go();
    }
  });
}

function completion() {
  const field = $("text");
  const list = $("complete");
  const offer = (items) => {
    list.replaceChildren(...items.map(([name, more, run], n) => h("button", { type: "button", role: "option", "aria-selected": n === 0 ? "true" : "false", onclick: run }, h("strong", {}, name), h("span", { cls: "quiet" }, ` ${more}`))));
    list.hidden = !items.length;
  };
  const choose = (command) => {
    field.value = `${command} `;
    list.hidden = true;
    field.focus();
  };
  field.addEventListener("input", () => {
    const typed = /^\/\S*$/.exec(field.value)?.[0];
    offer(typed ? world.app.commands.filter((item) => item.command.startsWith(typed))
      .map((item) => [item.command, `${item.usage_hint ?? ""}  ${item.description ?? ""}`, () => choose(item.command)]) : []);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const first = list.querySelector("strong")?.textContent;
    if (event.key === "Escape") list.hidden = true;
    if (event.key === "Tab" || (event.key === "Enter" && field.value !== first)) {
      event.preventDefault();
      choose(first);
    } else if (event.key === "Enter") list.hidden = true;
  });
  $("shortcuts").addEventListener("click", () => {
    if (!list.hidden) {
      list.hidden = true;
      return;
    }
    offer(world.app.shortcuts.filter((item) => item.type === "global").map((item) => [item.name, "genväg", () => {
      list.hidden = true;
      act("shortcut", { user: here.user, callback_id: item.callback_id });
    }]));
  });
}

// --- start ---

$("who").addEventListener("change", () => {
  here.user = $("who").value;
  localStorage.setItem("user", here.user);
  here.thread = null;
  drawn.clear();
  forgetHome();
  refresh().then(() => {
    if (here.channel === HOME) act("home", { user: here.user });
    $("messages").scrollTop = $("messages").scrollHeight;
  });
});
$("unthread").addEventListener("click", () => {
  here.thread = null;
  draw();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});
composer($("composer"), $("text"), false);
composer($("reply"), $("replytext"), true);
completion();

const address = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(location.pathname);
if (address) here.channel = address[1];
await refresh();
if (!world) toast("Sandlådan svarar inte.");
$("messages").scrollTop = $("messages").scrollHeight;
if (address) document.querySelector(`[data-ts="${address[2]}.${address[3]}"]`)?.scrollIntoView();
if (here.channel === HOME) act("home", { user: here.user });

new EventSource("/_live").onmessage = () => refresh();

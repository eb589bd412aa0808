// The conversation in view, and the thread beside it.

import { $, fill, h, icon, iconButton } from "./dom.js";
import { atHome, drawHome, openHome } from "./home.js";
import { drawMessage, goesOn, markOf } from "./message.js";
import { place as placePop } from "./menu.js";
import { face, kindOf } from "./people.js";
import { go, onArrival } from "./places.js";
import { APP, current, draw, here, isReply, markRead, unread, world } from "./state.js";
import { day } from "./time.js";

const NEAR_END = 80;
const drawn = new Map();
let newFrom = null;

onArrival(() => {
  drawn.clear();
  $("messages").replaceChildren();
  const channel = current();
  const count = channel ? unread(channel) : 0;
  newFrom =
    count && count < channel.messages.length
      ? channel.messages.filter((message) => message.user !== here.user && !isReply(message)).at(-count)?.ts
      : null;
});

// A node is drawn anew only when its message changed, so that an open menu stays open.
function keep(key, mark, make) {
  const known = drawn.get(key);
  if (known && known.mark === mark) return known.node;
  const node = make();
  drawn.set(key, { mark, node });
  return node;
}

const line = (key, words, cls) =>
  keep(`line:${key}`, words, () =>
    h("div", { cls: `day ${cls ?? ""}`, role: "separator", "aria-label": words }, h("span", {}, words)),
  );

function put(root, nodes) {
  const atEnd = root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_END;
  if (nodes.length === root.childNodes.length && nodes.every((node, n) => node === root.childNodes[n])) return;
  const focused = root.contains(document.activeElement)
    ? document.activeElement.closest("[data-ts]")?.dataset.ts
    : null;
  root.replaceChildren(...nodes);
  if (atEnd) root.scrollTop = root.scrollHeight;
  if (focused && !root.contains(document.activeElement))
    root.querySelector(`[data-ts="${focused}"] button`)?.focus({ preventScroll: true });
}

function drawMessages(channel) {
  const nodes = [];
  let before = null;
  for (const message of channel.messages.filter((one) => !isReply(one))) {
    if (!before || day(before.ts) !== day(message.ts)) {
      nodes.push(line(day(message.ts), day(message.ts)));
      before = null;
    }
    if (message.ts === newFrom) nodes.push(line("new", "Nytt", "new"));
    const after = goesOn(message, before);
    nodes.push(keep(message.ts, markOf(message, after), () => drawMessage(message, channel, { after, openThread })));
    before = message;
  }
  put(
    $("messages"),
    nodes.length
      ? nodes
      : [h("p", { cls: "empty" }, channel.is_im ? "Här kommer appens meddelanden till dig." : "Här är tomt än.")],
  );
}

export function openThread(ts) {
  here.thread = ts;
  draw();
  $("replies").scrollTop = $("replies").scrollHeight;
  $("replytext").focus();
}

export function closeThread() {
  const parent = $("messages").querySelector(`[data-ts="${here.thread}"]`);
  here.thread = null;
  draw();
  (parent?.querySelector(".replies") ?? $("text")).focus();
}

export function drawThread() {
  const channel = current();
  const parent = channel?.messages.find((message) => message.ts === here.thread);
  $("thread").hidden = !parent;
  document.body.classList.toggle("threaded", Boolean(parent));
  if (!parent) return;
  $("threadplace").textContent = channel.is_im ? world.app.name : `#${channel.name}`;
  const replies = channel.messages.filter((message) => isReply(message) && message.thread_ts === parent.ts);
  const nodes = [keep("parent", markOf(parent, false), () => drawMessage(parent, channel))];
  if (replies.length) nodes.push(line("replies", replies.length === 1 ? "1 svar" : `${replies.length} svar`, "start"));
  for (const [n, message] of replies.entries()) {
    const after = goesOn(message, replies[n - 1]);
    nodes.push(keep(`reply:${message.ts}`, markOf(message, after), () => drawMessage(message, channel, { after })));
  }
  put($("replies"), nodes);
}

// --- the head ---

function members(channel) {
  const list = h(
    "div",
    { cls: "pop people", popover: "auto" },
    channel.members
      .map((id) => world.users[id])
      .filter(Boolean)
      .map((user) =>
        h(
          "div",
          { cls: "option" },
          face(user, "small"),
          h(
            "span",
            { cls: "two" },
            h("span", {}, user.real_name),
            h("small", {}, user.is_bot ? "app" : (kindOf(user) ?? user.title ?? "")),
          ),
        ),
      ),
  );
  const button = h(
    "button",
    { type: "button", cls: "plain members", "aria-label": `${channel.members.length} medlemmar`, title: "Medlemmar" },
    icon("people"),
    h("span", {}, String(channel.members.length)),
  );
  button.popoverTargetElement = list;
  list.addEventListener("toggle", (event) => event.newState === "open" && placePop(list, button));
  return [button, list];
}

function channelHead(channel) {
  return [
    h(
      "h1",
      {},
      icon(
        channel.is_archived ? "archive" : channel.is_private ? "lock" : "hash",
        channel.is_private ? "privat" : null,
      ),
      channel.name,
    ),
    channel.is_ext_shared ? h("span", { cls: "tag warm" }, icon("shared"), "Delad med annan organisation") : null,
    channel.is_archived ? h("span", { cls: "tag" }, "Arkiverad") : null,
    h("span", { cls: "topic quiet" }, channel.topic),
    members(channel),
  ];
}

function appHead() {
  const tab = (name, words) =>
    h(
      "button",
      { type: "button", "aria-current": here.tab === name ? "page" : null, onclick: () => go(APP, { tab: name }) },
      words,
    );
  return [
    face(world.users[world.app.bot_user], "middle"),
    h("h1", {}, world.app.name),
    h(
      "nav",
      { cls: "tabs", "aria-label": "Appens flikar" },
      world.app.home_tab ? tab("home", "Hem") : null,
      tab("messages", "Meddelanden"),
    ),
    h("span", { cls: "topic" }),
    atHome() ? iconButton("home", "Öppna Hem på nytt", openHome) : null,
  ];
}

function drawHead(channel) {
  const { id, name, topic, members: who } = channel ?? {};
  const mark = JSON.stringify([here.place, here.tab, id, name, topic, who, world.app.name, world.app.home_tab]);
  if ($("head").dataset.mark === mark) return;
  $("head").dataset.mark = mark;
  fill($("head"), here.place === APP ? appHead() : channel ? channelHead(channel) : h("h1", {}, "Inga kanaler"));
}

export function drawChannel() {
  const channel = current();
  drawHead(channel);
  $("composer").hidden = !channel || channel.is_archived || (channel.is_im && world.app.read_only);
  $("shut").hidden = !channel || !$("composer").hidden;
  $("shut").textContent = channel?.is_archived
    ? "Kanalen är arkiverad, så ingen kan skriva här."
    : "Appen tar inte emot meddelanden här. Kommandon skrivs i kanalerna.";
  document.title = `${channel && !channel.is_im ? `#${channel.name}` : world.app.name} · ${world.team.name} · Sandlådan`;
  if (channel && document.hasFocus()) markRead(channel);
  if (atHome()) drawHome($("messages"));
  else if (channel) drawMessages(channel);
  else $("messages").replaceChildren(h("p", { cls: "empty" }, "Den här personen är inte med i någon kanal."));
}

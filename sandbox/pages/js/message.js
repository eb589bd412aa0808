// One message, with what can be done to it.

import { drawBlocks } from "./blocks.js";
import { ask } from "./confirm.js";
import { h, icon, iconButton } from "./dom.js";
import { sharedFile } from "./files.js";
import { menu } from "./menu.js";
import { face, kindOf } from "./people.js";
import { act } from "./server.js";
import { draw, here, isReply, me, nameOf, world } from "./state.js";
import { emoji, mrkdwn } from "./text.js";
import { clock, moment } from "./time.js";

const QUICK = ["+1", "white_check_mark", "eyes", "tada", "memo"];
const SAME_SECONDS = 300;
let editing = null;

const placeOf = (message, channel) => ({ user: here.user, channel: channel.id, ts: message.ts });
const isCard = (message) =>
  (message.blocks ?? []).some((block) =>
    ["actions", "header", "table", "data_table", "data_visualization", "input"].includes(block.type),
  );

// Whether it goes on right after another of the same author, without their face again.
export function goesOn(message, before) {
  return (
    Boolean(before) &&
    before.user === message.user &&
    before.ephemeral_to === message.ephemeral_to &&
    !before.tombstone &&
    !isCard(message) &&
    !(isCard(before) && !isReply(message)) &&
    Number(message.ts) - Number(before.ts) < SAME_SECONDS
  );
}

export const markOf = (message, after) => JSON.stringify([message, here.user, after, editing === message.ts]);

function initial(element) {
  const names = Object.keys(element).filter((name) => name.startsWith("initial_"));
  return Object.fromEntries(
    names.map((name) => [name === "initial_value" ? "value" : name.replace("initial_", "selected_"), element[name]]),
  );
}

function contextOf(message, channel) {
  const place = placeOf(message, channel);
  const press = (block, element, value) =>
    act("press", { ...place, block_id: block.block_id, action_id: element.action_id, value });
  return {
    folds: true,
    of: (block, element) => ({
      value: initial(element),
      dispatches: block.dispatch_action,
      enter: () => {},
      act: (which, value) => (block.type === "input" && !block.dispatch_action ? null : press(block, which, value)),
      press: (which, value) => press(block, which, value),
      suggest: (which, query) =>
        act("suggest", { ...place, block_id: block.block_id, action_id: which.action_id, query }),
    }),
  };
}

function byline(message, author) {
  const bot = Boolean(message.bot_id);
  return h(
    "div",
    { cls: "by" },
    h("strong", {}, author?.real_name ?? message.user),
    bot ? h("span", { cls: "tag" }, "app") : null,
    !bot && kindOf(author) && kindOf(author) !== "administratör"
      ? h("span", { cls: "tag warm" }, kindOf(author))
      : null,
    h("time", { cls: "quiet", title: moment(message.ts) }, clock(message.ts)),
    message.edited && !bot ? h("span", { cls: "quiet" }, "(redigerad)") : null,
  );
}

function body(message, channel) {
  if (editing === message.ts) return editor(message, channel);
  const words = message.blocks?.length
    ? drawBlocks(message.blocks, contextOf(message, channel))
    : message.text
      ? h("div", { cls: "text" }, mrkdwn(message.text))
      : null;
  const files = message.files?.length
    ? h(
        "div",
        { cls: "filechips" },
        message.files.map((file) => sharedFile(file, here.user)),
      )
    : null;
  return h("div", { cls: `said${isCard(message) ? " sheet" : ""}` }, words, files);
}

function editor(message, channel) {
  const field = h("textarea", { "aria-label": "Redigera meddelandet", rows: 2, value: message.text });
  const leave = () => {
    editing = null;
    draw();
  };
  const save = () => {
    if (field.value.trim()) act("edit", { ...placeOf(message, channel), text: field.value });
    leave();
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && !event.shiftKey) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  setTimeout(() => field.focus());
  return h(
    "div",
    { cls: "editor" },
    field,
    h(
      "div",
      { cls: "actions" },
      h("button", { type: "button", cls: "btn small", onclick: leave }, "Avbryt"),
      h("button", { type: "button", cls: "btn small primary", onclick: save }, "Spara"),
    ),
  );
}

function reactions(message, channel) {
  if (!message.reactions?.length) return null;
  return h(
    "div",
    { cls: "reactions" },
    message.reactions.map((reaction) => {
      const mine = reaction.users.includes(here.user);
      const who = reaction.users.map(nameOf).join(", ");
      return h(
        "button",
        {
          type: "button",
          cls: `reaction${mine ? " mine" : ""}`,
          "aria-pressed": String(mine),
          title: who,
          onclick: () => act("react", { ...placeOf(message, channel), name: reaction.name }),
        },
        emoji(reaction.name),
        h("span", {}, String(reaction.count)),
      );
    }),
  );
}

function threadLink(message, openThread) {
  if (!message.reply_count) return null;
  const last = `senast ${clock(message.latest_reply)}`;
  return h(
    "button",
    { type: "button", cls: "replies", onclick: () => openThread(message.ts) },
    message.reply_users.slice(0, 3).map((id) => face(world.users[id], "small")),
    h("strong", {}, message.reply_count === 1 ? "1 svar" : `${message.reply_count} svar`),
    h("span", { cls: "quiet" }, last),
  );
}

async function takeAway(message, channel) {
  const words = (text) => ({ type: "plain_text", text });
  const sure = {
    title: words("Ta bort meddelandet?"),
    text: words("Det går inte att ångra."),
    confirm: words("Ta bort"),
    deny: words("Avbryt"),
    style: "danger",
  };
  if (await ask(sure, (told) => told.text))
    act(message.user === here.user ? "delete" : "remove_card", placeOf(message, channel));
}

function more(message, channel) {
  const place = placeOf(message, channel);
  const own = message.user === here.user;
  return [
    ...world.app.shortcuts
      .filter((item) => item.type === "message")
      .map((item) => ({
        name: h("span", { cls: "two" }, h("span", {}, item.name), h("small", {}, world.app.name)),
        run: () => act("shortcut", { ...place, callback_id: item.callback_id }),
      })),
    own && {
      name: "Redigera",
      run: () => {
        editing = message.ts;
        draw();
      },
    },
    (own || me()?.is_admin) && { name: "Ta bort", cls: "danger", run: () => takeAway(message, channel) },
  ].filter(Boolean);
}

function tools(message, channel, openThread) {
  const react = QUICK.map((name) => ({
    name: emoji(name),
    run: () => act("react", { ...placeOf(message, channel), name }),
  }));
  return h(
    "div",
    { cls: "tools" },
    menu({ label: "Reagera", sign: "smile", items: react }),
    openThread ? iconButton("reply", "Svara i tråd", () => openThread(message.ts)) : null,
    more(message, channel).length
      ? menu({ label: "Genvägar för meddelandet", items: () => more(message, channel) })
      : null,
  );
}

// `openThread` is given where a thread can be opened, which it cannot inside one.
export function drawMessage(message, channel, { after = false, openThread } = {}) {
  if (message.tombstone) {
    return h(
      "article",
      { cls: "message gone", "data-ts": message.ts },
      h("span", { cls: "face gone", "aria-hidden": "true" }, "–"),
      h(
        "div",
        { cls: "content" },
        h("p", { cls: "quiet" }, "Meddelandet är borttaget."),
        openThread ? threadLink(message, openThread) : null,
      ),
    );
  }
  const author = world.users[message.user];
  const only = Boolean(message.ephemeral_to);
  return h(
    "article",
    {
      cls: `message${only ? " private" : ""}${after ? " after" : ""}`,
      "data-ts": message.ts,
      "aria-label": `${author?.real_name ?? message.user} ${clock(message.ts)}`,
    },
    after ? h("time", { cls: "margin quiet", title: moment(message.ts) }, clock(message.ts)) : face(author),
    h(
      "div",
      { cls: "content" },
      only ? h("div", { cls: "only" }, icon("eye"), "Bara du kan se det här") : null,
      after ? null : byline(message, author),
      body(message, channel),
      reactions(message, channel),
      openThread ? threadLink(message, openThread) : null,
    ),
    only ? null : tools(message, channel, openThread),
  );
}

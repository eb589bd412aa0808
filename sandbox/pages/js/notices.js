// Being told of what comes while one is elsewhere.

import { $ } from "./dom.js";
import { face } from "./people.js";
import { go, onArrival } from "./places.js";
import { APP, current, here, isReply, nameOf, world } from "./state.js";
import { toast } from "./toasts.js";

const LONG = 140;
const heard = new Map();

const plain = (text) =>
  text
    .replace(
      /<([^<>|]+)\|?([^<>]*)>/g,
      (_, what, label) => label || (what.startsWith("@") ? `@${nameOf(what.slice(1))}` : what),
    )
    .replace(/[*_~`]/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

function tell(channel, message) {
  const place = channel.is_im ? APP : channel.id;
  const words = plain(message.text || "Nytt meddelande");
  toast(words.length > LONG ? `${words.slice(0, LONG)}…` : words, "notice", {
    title: channel.is_im ? nameOf(message.user) : `#${channel.name}`,
    key: channel.id,
    face: face(world.users[message.user], "small"),
    onclick: () => go(place, { tab: "messages" }),
  });
}

onArrival(() => $(`toast-${current()?.id}`)?.remove());

const calls = (message) => message.text.includes(`<@${here.user}>`);

// A reply in a thread calls on nobody unless it names them.
export function drawNotices() {
  const known = heard.get(here.user);
  heard.set(
    here.user,
    Math.max(known ?? 0, ...world.channels.flatMap((channel) => channel.messages.map((message) => Number(message.ts)))),
  );
  if (known === undefined) return;
  for (const channel of world.channels) {
    const came = channel.messages.filter(
      (message) => Number(message.ts) > known && message.user !== here.user && (!isReply(message) || calls(message)),
    );
    const looking = channel === current() && document.hasFocus();
    if (came.length && !looking) tell(channel, came.at(-1));
  }
}

// Going from one conversation to another, and being another person.

import { $ } from "./dom.js";
import { refresh } from "./feed.js";
import { atHome, openHome } from "./home.js";
import { appChannel, APP, channels, current, draw, here, unread, world } from "./state.js";
import { act } from "./server.js";

const listeners = [];
// Told when one has come to another place, before it is drawn.
export const onArrival = (listener) => listeners.push(listener);

export function showSide(on) {
  document.body.classList.toggle("side", on);
  $("tomenu").setAttribute("aria-expanded", String(on));
}

function settle() {
  if (here.place === APP || world.channels.some((channel) => channel.id === here.place)) return;
  here.place = (channels().find((channel) => !channel.is_archived) ?? channels()[0])?.id ?? APP;
}

async function arrive(thread = null) {
  settle();
  here.thread = thread;
  localStorage.setItem("place", here.place);
  for (const listener of listeners) listener();
  if (here.place === APP && here.tab === "messages" && !appChannel()) {
    await act("dm", { user: here.user });
    await refresh();
  }
  if (atHome()) openHome();
  draw();
  toEnd();
  if (current() && !here.thread && document.activeElement !== $("who") && matchMedia("(hover: hover)").matches)
    $("text").focus();
}

export function toEnd() {
  $("messages").scrollTop = atHome() ? 0 : $("messages").scrollHeight;
}

export function go(place, { tab, thread } = {}) {
  here.place = place;
  if (place === APP)
    here.tab = tab ?? (world.app.home_tab && !(appChannel() && unread(appChannel())) ? "home" : "messages");
  showSide(false);
  return arrive(thread);
}

export async function become(user) {
  here.user = user;
  localStorage.setItem("user", user);
  await refresh();
  return arrive();
}

export const start = () => arrive();

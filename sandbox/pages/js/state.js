// Who one is, where one is, and what was last seen of the workspace.

export const APP = "app";
export const here = {
  user: localStorage.getItem("user"),
  place: localStorage.getItem("place"),
  tab: "messages",
  thread: null,
};
export let world = null;

const painters = [];
export const paints = (painter) => painters.push(painter);

export function learn(seen) {
  world = seen;
}

// A press is a click only where the pointer goes up on the very node it went down on: until then nothing is drawn anew.
let held = false;
let late = false;

function letGo() {
  held = false;
  if (!late) return;
  late = false;
  setTimeout(draw); // after the click
}

addEventListener("pointerdown", (event) => (held = !event.target.closest("select")), true); // its list takes what follows
addEventListener("pointermove", (event) => held && !event.buttons && letGo(), true); // let go of outside the page
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, letGo, true);

export function draw() {
  late = held;
  if (!held) for (const paint of painters) paint();
}

export const me = () => world.users[here.user];
export const nameOf = (id) => world.users[id]?.real_name ?? id;
export const channels = () => world.channels.filter((channel) => !channel.is_im);
export const appChannel = () =>
  world.channels.find((channel) => channel.is_im && channel.members.includes(world.app.bot_user));

// The conversation in view; none while Home is.
export function current() {
  if (here.place !== APP) return world.channels.find((channel) => channel.id === here.place);
  return here.tab === "messages" ? appChannel() : undefined;
}

// --- read and unread: the browser's own memory, one for each person ---

const key = (channel) => `read:${here.user}:${channel.id}`;
const lastRead = (channel) => Number(localStorage.getItem(key(channel)) ?? 0);
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

export function markRead(channel) {
  const last = channel.messages.at(-1);
  if (last) localStorage.setItem(key(channel), last.ts);
}

export function unread(channel) {
  const since = lastRead(channel);
  return channel.messages.filter(
    (message) => message.user !== here.user && !isReply(message) && Number(message.ts) > since,
  ).length;
}

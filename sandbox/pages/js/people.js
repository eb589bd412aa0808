// People: their faces, and what they are to this workspace.

import { h } from "./dom.js";
import { world } from "./state.js";

const HUES = 8;
const initials = (name) =>
  name
    .split(/\s+/)
    .filter((word) => /\p{L}/u.test(word))
    .map((word) => word[0])
    .filter((_, n, all) => n === 0 || n === all.length - 1)
    .join("")
    .toUpperCase();
const hue = (id) => [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) % HUES;

export function face(user, size = "") {
  const name = user?.real_name ?? "?";
  return h(
    "span",
    { cls: `face ${size}${user?.is_bot ? " bot" : ` hue${hue(user?.id ?? "")}`}`, "aria-hidden": "true" },
    initials(name),
  );
}

// What sets somebody apart from the workspace's own people, if anything.
export function kindOf(user) {
  if (!user) return null;
  if (user.team_id !== world.team.id) return "annan organisation";
  if (user.is_ultra_restricted) return "gäst i en kanal";
  if (user.is_restricted) return "gäst";
  return user.is_admin ? "administratör" : null;
}

export const people = () => Object.values(world.users).filter((user) => !user.is_bot && !user.deleted);

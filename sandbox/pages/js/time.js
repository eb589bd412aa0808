// Times as they are written in the town.

// The town's own time, which the bot writes on its cards too; the browser may be anywhere.
export const HERE = "Europe/Stockholm";

const at = (ts) => new Date(Number(ts) * 1000);

export function clock(ts) {
  return at(ts).toLocaleTimeString("sv-SE", { timeZone: HERE, hour: "2-digit", minute: "2-digit" });
}

export function day(ts) {
  return at(ts).toLocaleDateString("sv-SE", { timeZone: HERE, weekday: "long", day: "numeric", month: "long" });
}

export function moment(ts) {
  return at(ts).toLocaleString("sv-SE", { timeZone: HERE, dateStyle: "long", timeStyle: "short" });
}

export function shortDay(ts) {
  const today = at(Date.now() / 1000).toLocaleDateString("sv-SE", { timeZone: HERE });
  return at(ts).toLocaleDateString("sv-SE", { timeZone: HERE }) === today
    ? clock(ts)
    : at(ts).toLocaleDateString("sv-SE", { timeZone: HERE, day: "numeric", month: "short" });
}

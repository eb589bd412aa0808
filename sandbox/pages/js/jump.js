// Going straight to a conversation, a page or another person, by its name.

import { $, h, icon } from "./dom.js";
import { face, kindOf, people } from "./people.js";
import { become, go } from "./places.js";
import { APP, channels, here, world } from "./state.js";

const MOST = 9;
let items = [];
let active = 0;

function everything() {
  const bot = () => face(world.users[world.app.bot_user], "small");
  return [
    ...channels().map((channel) => ({
      name: channel.name,
      sign: icon(channel.is_private ? "lock" : "hash"),
      more: channel.topic,
      run: () => go(channel.id),
    })),
    world.app.home_tab ? { name: `${world.app.name}: Hem`, sign: bot(), run: () => go(APP, { tab: "home" }) } : null,
    { name: `${world.app.name}: Meddelanden`, sign: bot(), run: () => go(APP, { tab: "messages" }) },
    { name: "Mejlen", sign: icon("mail"), run: () => location.assign("/mail") },
    { name: "Appens inställningar", sign: icon("app"), run: () => location.assign("/apps") },
    ...people()
      .filter((user) => user.id !== here.user)
      .map((user) => ({
        name: `Bli ${user.real_name}`,
        sign: face(user, "small"),
        more: kindOf(user) ?? user.title,
        run: () => become(user.id),
      })),
  ].filter(Boolean);
}

function draw() {
  const typed = $("jumptext").value.trim().toLocaleLowerCase("sv");
  items = everything()
    .filter((item) => item.name.toLocaleLowerCase("sv").includes(typed))
    .slice(0, MOST);
  $("jumplist").replaceChildren(
    ...(items.length
      ? items.map((item, n) =>
          h(
            "div",
            { cls: "option", role: "option", id: `jump-${n}`, "aria-selected": "false", onclick: () => choose(item) },
            item.sign,
            h("span", { cls: "two" }, h("span", {}, item.name), item.more ? h("small", {}, item.more) : null),
          ),
        )
      : [h("p", { cls: "none" }, "Inga träffar")]),
  );
  point(0);
}

function point(n) {
  active = items.length ? (n + items.length) % items.length : 0;
  for (const [at, row] of [...$("jumplist").querySelectorAll("[role=option]")].entries())
    row.setAttribute("aria-selected", String(at === active));
  $("jumptext").setAttribute("aria-activedescendant", `jump-${active}`);
}

function choose(item) {
  $("jump").close();
  item?.run();
}

function open() {
  if (document.querySelector("dialog[open]")) return;
  $("jumptext").value = "";
  $("jump").showModal();
  draw();
}

export function startJump() {
  $("tojump").addEventListener("click", open);
  $("jumptext").addEventListener("input", draw);
  $("jump").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) point(active + step);
    else if (event.key === "Enter") choose(items[active]);
    else return;
    event.preventDefault();
  });
  $("jump").addEventListener("click", (event) => event.target === $("jump") && $("jump").close());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    open();
  });
}

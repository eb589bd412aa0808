// What may be meant by what is being typed: commands, people and channels.

import { h, icon } from "./dom.js";
import { face, kindOf, people } from "./people.js";
import { channels, world } from "./state.js";

const MOST = 8;
// What Slack's own client does with a line, without asking the app.
export const OWN = [{ command: "/invite", usage_hint: "@namn", description: "Tar med någon, eller en app, i kanalen" }];
const starts = (name, typed) => name.toLocaleLowerCase("sv").startsWith(typed.toLocaleLowerCase("sv"));

const known = () => [...world.app.commands, ...OWN];

function commands(typed) {
  return known()
    .filter((item) => starts(item.command, typed))
    .map((item) => ({
      put: item.command,
      sign: icon(OWN.includes(item) ? "people" : "bolt"),
      name: item.command,
      more: item.usage_hint,
      about: item.description,
    }));
}

function mentioned(typed) {
  const bot = world.app.installed ? [world.users[world.app.bot_user]] : [];
  return [...people(), ...bot]
    .filter((user) => starts(user.name, typed) || user.real_name.split(" ").some((part) => starts(part, typed)))
    .map((user) => ({
      put: `@${user.name}`,
      sign: face(user, "small"),
      name: user.real_name,
      more: kindOf(user) ?? user.title,
    }));
}

function named(typed) {
  return channels()
    .filter((channel) => starts(channel.name, typed))
    .map((channel) => ({ put: `#${channel.name}`, sign: icon("hash"), name: channel.name, more: channel.topic }));
}

export class Completion {
  constructor(field, id, withCommands) {
    this.field = field;
    this.withCommands = withCommands;
    this.offered = [];
    this.list = h("div", { cls: "complete", id, role: "listbox", "aria-label": "Förslag", hidden: true });
    this.usage = h("span", { cls: "usage quiet" });
    for (const [name, value] of [
      ["aria-controls", id],
      ["aria-autocomplete", "list"],
      ["autocomplete", "off"],
    ])
      field.setAttribute(name, value);
    field.addEventListener("input", () => this.offer());
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.hide());
  }

  // {from, items}: where in the text the word begins, and what it may become.
  found() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    if (this.withCommands && /^\/\S*$/.test(before)) return { from: 0, items: commands(before) };
    const word = /(?:^|\s)([@#])([\p{L}\d._-]*)$/u.exec(before);
    if (!word) return { from: 0, items: [] };
    return { from: before.length - word[2].length - 1, items: (word[1] === "@" ? mentioned : named)(word[2]) };
  }

  offer() {
    const { from, items } = this.found();
    this.from = from;
    this.offered = items.slice(0, MOST);
    const command = known().find((item) => this.withCommands && this.field.value.startsWith(`${item.command} `));
    this.usage.textContent = command?.usage_hint ?? "";
    if (!this.offered.length) return this.hide();
    this.list.replaceChildren(
      ...this.offered.map((item, n) =>
        h(
          "button",
          {
            type: "button",
            tabindex: "-1",
            role: "option",
            id: `${this.list.id}-${n}`,
            onmousedown: (event) => event.preventDefault(),
            onclick: () => this.choose(item),
          },
          item.sign,
          h(
            "span",
            { cls: "two" },
            h("span", {}, h("strong", {}, item.name), item.more ? h("span", { cls: "quiet" }, ` ${item.more}`) : null),
            item.about ? h("small", {}, item.about) : null,
          ),
        ),
      ),
    );
    this.list.hidden = false;
    this.point(0);
  }

  hide() {
    this.list.hidden = true;
    this.field.removeAttribute("aria-activedescendant");
    if (!this.field.value) this.usage.textContent = "";
  }

  point(n) {
    this.active = (n + this.offered.length) % this.offered.length;
    for (const [at, row] of [...this.list.children].entries())
      row.setAttribute("aria-selected", String(at === this.active));
    this.field.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
  }

  choose(item) {
    const after = this.field.value.slice(this.field.selectionStart);
    this.field.value = `${this.field.value.slice(0, this.from)}${item.put} ${after}`;
    this.field.focus();
    this.field.selectionStart = this.field.selectionEnd = this.from + item.put.length + 1;
    this.hide();
    this.field.dispatchEvent(new Event("input"));
  }

  key(event) {
    if (this.list.hidden) return;
    const item = this.offered[this.active];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isWhole = this.field.value === item.put;
    if (event.key === "Escape") this.hide();
    else if (step) this.point(this.active + step);
    else if (event.key === "Tab" || (event.key === "Enter" && !isWhole)) this.choose(item);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

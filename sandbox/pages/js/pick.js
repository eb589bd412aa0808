// Block Kit's selects that are typed in: external ones, people, channels, and all that take several.

import { fresh, h, iconButton } from "./dom.js";
import { face, kindOf } from "./people.js";
import { place } from "./menu.js";
import { choicesOf } from "./select.js";
import { channels, world } from "./state.js";

const MOST_SHOWN = 60;
const PAUSE_MS = 120;
const option = (one, group) => ({ value: one.value, name: one.text.text, more: one.description?.text, group });
const person = (user) => ({ value: user.id, name: user.real_name, more: kindOf(user), face: face(user, "small") });
const channel = (one) => ({ value: one.id, name: one.is_im ? "Direktmeddelande" : `#${one.name}` });

const OFFERS = {
  users: () =>
    Object.values(world.users)
      .filter((user) => !user.deleted)
      .map(person),
  channels: () =>
    channels()
      .filter((one) => !one.is_private)
      .map(channel),
  conversations: () => world.channels.map(channel),
  static: (element) =>
    element.option_groups
      ? element.option_groups.flatMap((group) => group.options.map((one) => option(one, group.label.text)))
      : choicesOf(element).map((one) => option(one)),
};

// What is chosen already, whatever the kind of select calls it.
function chosenOf(value = {}) {
  const key = Object.keys(value).find((name) => name.startsWith("selected_"));
  return [].concat(value[key] ?? []).map((item) => (item.value === undefined ? item : option(item)));
}

class Pick {
  constructor(element, ctx) {
    this.element = element;
    this.ctx = ctx;
    this.kind = element.type.replace(/^multi_/, "").replace(/_select$/, "");
    this.many = element.type.startsWith("multi_");
    this.offered = this.kind === "external" ? [] : OFFERS[this.kind](element);
    this.chosen = chosenOf(ctx.value).map((item) =>
      item.value ? item : (this.offered.find((one) => one.value === item) ?? { value: item, name: item }),
    );
    this.turn = 0;
    this.active = -1;
    this.build();
    this.drawChosen();
  }

  build() {
    const id = fresh("list");
    this.list = h("div", { cls: "pop list", role: "listbox", id, popover: "manual", "aria-label": "Förslag" });
    this.input = h("input", {
      ...this.ctx.named,
      type: "text",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": id,
      "aria-autocomplete": "list",
      autocomplete: "off",
      autofocus: this.element.focus_on_load,
      onclick: () => this.list.matches(":popover-open") || this.search(),
      oninput: () => this.search(),
      onblur: () => this.hide(),
      onkeydown: (event) => this.key(event),
    });
    this.chips = h("span", { cls: "chips" });
    this.node = h(
      "div",
      { cls: `pick${this.many ? " many" : ""}`, onclick: (event) => event.target === this.node && this.input.focus() },
      this.chips,
      this.input,
      this.list,
    );
  }

  drawChosen() {
    this.chips.replaceChildren(
      ...this.chosen.map((item) =>
        h(
          "span",
          { cls: "chip" },
          item.face ?? null,
          h("span", {}, item.name),
          iconButton("close", `Ta bort ${item.name}`, () => this.drop(item)),
        ),
      ),
    );
    this.input.placeholder = this.chosen.length ? "" : (this.element.placeholder?.text ?? "Sök …");
  }

  tell() {
    this.drawChosen();
    const values = this.chosen.map((item) => item.value);
    this.ctx.act(this.element, this.many ? values : (values[0] ?? null));
  }

  drop(item) {
    this.chosen = this.chosen.filter((other) => other !== item);
    this.tell();
    this.input.focus();
  }

  choose(item) {
    this.chosen = this.many ? [...this.chosen, item] : [item];
    this.input.value = "";
    this.hide();
    this.tell();
  }

  async search() {
    const typed = this.input.value.trim();
    const turn = (this.turn += 1);
    if (this.kind !== "external")
      return this.show(
        this.offered.filter((item) => item.name.toLocaleLowerCase("sv").includes(typed.toLocaleLowerCase("sv"))),
      );
    const least = this.element.min_query_length ?? 3;
    if (typed.length < least) return least && typed ? this.say(`Skriv minst ${least} tecken`) : this.hide();
    await new Promise((done) => setTimeout(done, PAUSE_MS));
    if (turn !== this.turn) return;
    this.say("Söker …");
    const answer = await this.ctx.suggest(this.element, typed);
    if (turn !== this.turn || document.activeElement !== this.input) return;
    if (answer.ok) this.show(answer.options.map((one) => option(one, answer.groups[one.value])));
    else this.say("Förslagen gick inte att hämta");
  }

  show(found) {
    const taken = new Set(this.chosen.map((item) => item.value));
    this.items = found.filter((item) => !taken.has(item.value)).slice(0, MOST_SHOWN);
    if (!this.items.length) return this.say("Inga träffar");
    const rows = this.items.flatMap((item, n) => {
      const heading =
        item.group && item.group !== this.items[n - 1]?.group
          ? [h("div", { cls: "group", role: "presentation" }, item.group)]
          : [];
      return [
        ...heading,
        h(
          "div",
          {
            cls: "option",
            role: "option",
            id: `${this.list.id}-${n}`,
            "aria-selected": "false",
            onmousedown: (event) => event.preventDefault(),
            onclick: () => this.choose(item),
          },
          item.face?.cloneNode(true) ?? null,
          h("span", {}, item.name),
          item.more ? h("small", {}, item.more) : null,
        ),
      ];
    });
    this.list.replaceChildren(...rows);
    this.open();
    this.point(0);
  }

  say(words) {
    this.items = [];
    this.list.replaceChildren(
      h("div", { cls: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, words),
    );
    this.open();
  }

  open() {
    if (!this.list.matches(":popover-open")) this.list.showPopover();
    this.input.setAttribute("aria-expanded", "true");
    place(this.list, this.node, { wide: true });
  }

  hide() {
    this.turn += 1;
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  point(n) {
    this.active = (n + this.items.length) % this.items.length;
    for (const [at, row] of this.list.querySelectorAll("[role=option]").entries())
      row.setAttribute("aria-selected", String(at === this.active));
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
    this.list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const open = this.list.matches(":popover-open");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && open) this.hide();
    else if (step && !open) this.search();
    else if (step && this.items.length) this.point(this.active + step);
    else if (event.key === "Enter") this.items?.[this.active] && open && this.choose(this.items[this.active]);
    else if (event.key === "Backspace" && !this.input.value && this.chosen.length) return this.drop(this.chosen.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

export const pick = (element, ctx) => new Pick(element, ctx).node;

// Where one writes: messages, replies, commands and files.

import { Completion } from "./completion.js";
import { $, fill, h, icon, iconButton } from "./dom.js";
import { fileChip, readAll, sent, takesFiles } from "./files.js";
import { menu } from "./menu.js";
import { onArrival, toEnd } from "./places.js";
import { act, waiting } from "./server.js";
import { current, here, paints, world } from "./state.js";
import { toast } from "./toasts.js";

const MOST_ROWS = 10;

function shortcuts() {
  const global = world.app.shortcuts.filter((item) => item.type === "global");
  if (!global.length) return [{ name: "Appen har inga genvägar" }];
  return global.map((item) => ({
    name: h("span", { cls: "two" }, h("span", {}, item.name), h("small", {}, world.app.name)),
    run: () => act("shortcut", { user: here.user, callback_id: item.callback_id }),
  }));
}

async function invite(words, told) {
  const wanted = words.trim().replace(/^@/, "").toLocaleLowerCase("sv");
  const found = Object.values(world.users).find(
    (user) => !user.deleted && [user.name, user.real_name].some((name) => name.toLocaleLowerCase("sv") === wanted),
  );
  if (!found) {
    toast(`Ingen heter ${words || "så"}.`);
    return { ok: false, refused: true };
  }
  const answer = await act("invite", { ...told, who: found.id });
  if (answer.ok) toast(`${found.real_name} är med i kanalen.`, "done");
  return answer;
}

class Composer {
  constructor(form, id, thread) {
    this.form = form;
    this.thread = thread;
    this.files = [];
    this.field = h("textarea", { id, rows: 1, "aria-label": thread ? "Svara i tråden" : "Skriv ett meddelande" });
    this.chips = h("div", { cls: "filechips" });
    this.send = h("button", { cls: "send", "aria-label": "Skicka", title: "Skicka" }, icon("send"));
    const chooser = h("input", {
      type: "file",
      multiple: true,
      cls: "unseen",
      tabindex: "-1",
      "aria-label": "Bifoga filer",
      onchange: () => this.take(chooser.files).then(() => (chooser.value = "")),
    });
    this.completion = new Completion(this.field, thread ? "replycomplete" : "complete", !thread);
    form.append(
      this.completion.list,
      this.chips,
      this.field,
      h(
        "div",
        { cls: "bar" },
        chooser,
        iconButton("clip", "Bifoga filer", () => chooser.click()),
        thread ? null : menu({ label: "Genvägar", sign: "bolt", items: shortcuts }),
        this.completion.usage,
        this.send,
      ),
    );
    this.listen();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.addEventListener("click", (event) => event.target === this.form && this.field.focus());
    this.field.addEventListener("input", () => this.resize());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
      event.preventDefault();
      this.submit();
    });
    takesFiles(this.form, (files) => this.take(files));
    this.resize();
  }

  resize() {
    this.field.rows = Math.min(MOST_ROWS, this.field.value.split("\n").length);
    this.send.disabled = !this.field.value.trim() && !this.files.length;
  }

  async take(files) {
    this.hold([...this.files, ...(await readAll(files))]);
    this.field.focus();
  }

  hold(files) {
    this.files = files;
    this.chips.replaceChildren(
      ...files.map((file) => fileChip(file, () => this.hold(this.files.filter((other) => other !== file)))),
    );
    this.resize();
  }

  async submit() {
    const [text, files] = [this.field.value.trim(), this.files];
    if (!text && !files.length) return;
    this.field.value = "";
    this.hold([]);
    this.completion.hide();
    const answer = await waiting(this.form, this.tell(text, files));
    if (answer.refused && !this.field.value) {
      this.field.value = text;
      this.hold(files);
    }
    if (!this.thread) toEnd();
    else $("replies").scrollTop = $("replies").scrollHeight;
  }

  tell(text, files) {
    const told = { user: here.user, channel: current().id };
    if (this.thread || !text.startsWith("/") || files.length) {
      return act("say", {
        ...told,
        text,
        thread_ts: this.thread ? here.thread : undefined,
        ...(files.length ? { files: sent(files) } : {}),
      });
    }
    const [command, ...rest] = text.split(" ");
    if (command === "/invite") return invite(rest.join(" "), told);
    return act("slash", { ...told, command, text: rest.join(" ") });
  }
}

export function startComposers() {
  const main = new Composer($("composer"), "text", false);
  const reply = new Composer($("reply"), "replytext", true);
  reply.field.placeholder = "Svara …";
  onArrival(() => {
    for (const one of [main, reply]) {
      one.field.value = "";
      one.hold([]);
      one.completion.hide();
    }
  });
  paints(() => {
    const channel = current();
    if (channel)
      main.field.placeholder = `Skriv till ${channel.is_im ? world.app.name : `#${channel.name}`}, eller / för kommandon`;
  });
}

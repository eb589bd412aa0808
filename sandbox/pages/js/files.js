// Files a person chooses: read, shown as chips, and told of in the sandbox's form.

import { h, icon, iconButton } from "./dom.js";
import { waiting } from "./server.js";
import { toast } from "./toasts.js";

const MOST_BYTES = 10 * 1024 * 1024;

export function size(bytes) {
  if (bytes < 1024) return `${bytes} byte`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 / 1024).toLocaleString("sv-SE", { maximumFractionDigits: 1 })} MB`;
}

// One file as {name, mimetype, size, data}, its content in base64.
function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () =>
      resolve({
        name: file.name,
        mimetype: file.type || "application/octet-stream",
        size: file.size,
        data: reader.result.split(",")[1] ?? "",
      });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

export async function readAll(files) {
  const fit = [...files].filter(
    (file) => file.size <= MOST_BYTES || toast(`${file.name} är större än 10 MB.`, "warning"),
  );
  return Promise.all(fit.map(read));
}

export const sent = (files) => files.map(({ name, mimetype, data }) => ({ name, mimetype, data }));

export function fileChip(file, drop) {
  return h(
    "span",
    { cls: "filechip" },
    icon("file"),
    h(
      "span",
      { cls: "words" },
      h("strong", {}, file.name ?? file.title),
      file.size ? h("small", {}, size(file.size)) : null,
    ),
    drop ? iconButton("close", `Ta bort ${file.name}`, drop) : null,
  );
}

// What is dropped on a node, or pasted into it, as files.
export function takesFiles(node, take) {
  const over = (on) => node.classList.toggle("over", on);
  node.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  node.addEventListener("dragleave", () => over(false));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    take(event.dataTransfer.files);
  });
  node.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) take(event.clipboardData.files);
  });
}

const isPicture = (file) => /^image\/(png|jpeg|gif|webp)$/.test(file.mimetype ?? "");

// A file that stands in a message; what cannot be read is only named.
export function sharedFile(file, user) {
  if (file.mode === "tombstone") return h("span", { cls: "filechip quiet" }, icon("file"), "Filen är borttagen.");
  if (!file.name) return h("span", { cls: "filechip quiet" }, icon("lock"), "Filen hör till en annan organisation.");
  const address = `/_file/${file.id}?user=${encodeURIComponent(user)}`;
  return h(
    "a",
    { cls: `filechip${isPicture(file) ? " with-picture" : ""}`, href: address, target: "_blank", rel: "noopener" },
    isPicture(file) ? h("img", { src: address, alt: file.alt_txt ?? "" }) : icon("file"),
    h(
      "span",
      { cls: "words" },
      h("strong", {}, file.title),
      h("small", {}, `${file.pretty_type} · ${size(file.size)}`),
    ),
  );
}

// Block Kit's file_input. Chosen files go to the sandbox at once, as Slack's client sends them to Slack.
export function fileInput(element, ctx) {
  let held = ctx.value?.files ?? [];
  const most = element.max_files ?? 10;
  const kinds = element.filetypes?.map((kind) => `.${kind}`);
  const field = h("input", {
    ...ctx.named,
    type: "file",
    cls: "unseen",
    multiple: most > 1,
    accept: kinds?.join(","),
    onchange: () => take(field.files),
  });
  const chips = h("div", { cls: "filechips" });
  const known = () => held.map((file) => ({ id: file.id }));
  const draw = () =>
    chips.replaceChildren(
      ...held.map((file) => fileChip(file, () => tell(known().filter((other) => other.id !== file.id)))),
    );
  const tell = async (files) => {
    held = (await ctx.files(element, files)) ?? held;
    draw();
  };
  const take = async (files) => {
    const read = sent(await readAll(files));
    field.value = "";
    if (held.length + read.length > most) toast(`Högst ${most} ${most === 1 ? "fil" : "filer"}.`, "warning");
    const room = read.slice(0, most - held.length);
    if (room.length) await waiting(button, tell([...known(), ...room]));
  };
  const button = h(
    "button",
    { type: "button", cls: "btn", onclick: () => field.click() },
    icon("clip"),
    h("span", {}, "Välj filer"),
  );
  const node = h(
    "div",
    { cls: "files" },
    field,
    h(
      "div",
      { cls: "drop" },
      button,
      h("span", { cls: "quiet" }, kinds ? `eller dra hit dem: ${element.filetypes.join(", ")}` : "eller dra hit dem"),
    ),
    chips,
  );
  takesFiles(node, take);
  draw();
  return node;
}

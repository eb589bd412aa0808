// Building the page from nodes, never from strings of HTML.

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "selected"]);

const there = (child) => child !== null && child !== undefined && child !== false;

export function h(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (!there(value)) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else if (AS_PROPERTY.has(name)) node[name] = value;
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter(there));
  return node;
}

// Puts children in place of the old ones; what is null or false is left out.
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(3).filter(there));
}

// A drawing of icons.svg. With a label it is a picture of its own, without one an ornament.
export function icon(name, label) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("class", `icon i-${name}`);
  node.setAttribute("viewBox", "0 0 24 24");
  if (label) {
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", label);
  } else node.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/pages/icons.svg#${name}`);
  node.append(use);
  return node;
}

export const $ = (id) => document.getElementById(id);

let last = 0;
export const fresh = (prefix) => `${prefix}${(last += 1)}`;

// A button that is only a drawing; its words are read aloud and shown when it is pointed at.
export function iconButton(name, label, run, attrs = {}) {
  return h(
    "button",
    { type: "button", cls: "plain", title: label, "aria-label": label, onclick: run, ...attrs },
    icon(name),
  );
}

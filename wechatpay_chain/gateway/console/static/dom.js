// Creates and updates nodes. Text always becomes a text node: client data is never parsed as HTML.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected"]);

/** Creates an element: `el("a.quiet", { href: "#/orders" }, "Orders")`. Empty children are omitted. */
export function el(kind, ...rest) {
  const [name, ...classes] = kind.split(".");
  const node = document.createElement(name || "div");
  if (classes.length) node.className = classes.join(" ");
  if (isOptions(rest[0])) give(node, rest.shift());
  node.append(...rest.flat(9).filter((each) => each || each === 0).map(asNode));
  return node;
}

function isOptions(value) {
  return value && typeof value === "object" && !Array.isArray(value) && !(value instanceof Node);
}

function asNode(value) {
  return value instanceof Node ? value : document.createTextNode(visible(value));
}

const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Returns a text with visible terminal controls and direction marks. */
export function visible(value) {
  return String(value).replace(HIDDEN, (character) => {
    if (character === "\r") return "\\r";
    const number = character.codePointAt(0);
    const [mark, digits] = number <= 0xff ? ["x", 2] : number <= 0xffff ? ["u", 4] : ["U", 8];
    return `\\${mark}${number.toString(16).padStart(digits, "0")}`;
  });
}

function give(node, options) {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

/** Returns whether a node already shows this version. */
export const shows = (node, version) => versions.get(node) === version;

/** Returns the lines of a <dl>; pairs without a value are omitted. */
export function facts(pairs) {
  const given = pairs.filter(([, value]) => value || value === 0);
  return el("dl.facts", given.map(([name, value]) => el("div", el("dt", name), el("dd", value))));
}

const versions = new WeakMap();

/** Replaces the children of a node unless the version is the same; the focus stays in place. */
export function show(node, version, make) {
  if (versions.get(node) === version) return;
  versions.set(node, version);
  keepingFocus(node, () => node.replaceChildren(...[make()].flat(9).filter(Boolean).map(asNode)));
}

/** Runs a replacement of children, and restores the focus afterwards. */
export function keepingFocus(node, replace) {
  const active = document.activeElement;
  const id = node.contains(active) ? active.id : "";
  replace();
  if (id && document.activeElement !== active) document.getElementById(id)?.focus();
}

/** Updates the items of a list; an item with equal data keeps its node. */
export function list(node, items, key, make) {
  const known = new Map([...node.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const version = JSON.stringify(item);
    const old = known.get(String(key(item)));
    if (old && versions.get(old) === version) return old;
    const fresh = make(item);
    fresh.dataset.key = key(item);
    versions.set(fresh, version);
    return fresh;
  });
  const same = wanted.length === node.children.length;
  if (same && wanted.every((each, index) => each === node.children[index])) return;
  const held = node.contains(document.activeElement) && document.activeElement.closest("[data-key]");
  node.replaceChildren(...wanted);
  if (!held || held.contains(document.activeElement)) return;
  wanted.find((each) => each.dataset.key === held.dataset.key)?.querySelector("a")?.focus();
}

let said = null;

/** Shows a temporary message, which screen readers announce. */
export function say(text, kind = "") {
  said ??= document.body.appendChild(el("p.toast", { role: "status", "aria-live": "polite" }));
  said.className = `toast shown ${kind}`;
  said.textContent = visible(text);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (said.className = "toast"), kind === "bad" ? 6000 : 2500);
}

/** Copies a text to the clipboard, even if the page was loaded over plain HTTP. */
export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = el("textarea.offscreen", { value: text, readonly: true });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// Makes and updates nodes. Text only ever becomes a text node: nothing that a client sent is parsed.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected"]);

/** An element: `el("a.quiet", { href: "#/orders" }, "Orders")`. Empty children are left out. */
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

/** Text as it is shown: what steers a terminal or turns the reading direction is written out. */
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

/** Whether a node shows this version already. */
export const shows = (node, version) => versions.get(node) === version;

/** Lines for a <dl>: pairs without a value are left out. */
export function facts(pairs) {
  const given = pairs.filter(([, value]) => value || value === 0);
  return el("dl.facts", given.map(([name, value]) => el("div", el("dt", name), el("dd", value))));
}

const versions = new WeakMap();

/** Puts other children into a node, unless they would be the same; the focus stays where it is. */
export function show(node, version, make) {
  if (versions.get(node) === version) return;
  versions.set(node, version);
  keepingFocus(node, () => node.replaceChildren(...[make()].flat(9).filter(Boolean).map(asNode)));
}

/** Runs what replaces children; what had the focus, or what took its place, has it afterwards. */
export function keepingFocus(node, replace) {
  const active = document.activeElement;
  const id = node.contains(active) ? active.id : "";
  replace();
  if (id && document.activeElement !== active) document.getElementById(id)?.focus();
}

/** Makes a list's items those of the data: an item whose data is the same keeps its node. */
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

/** Says something to everybody, screen readers as well; it goes away by itself. */
export function say(text, kind = "") {
  said ??= document.body.appendChild(el("p.toast", { role: "status", "aria-live": "polite" }));
  said.className = `toast shown ${kind}`;
  said.textContent = visible(text);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (said.className = "toast"), kind === "bad" ? 6000 : 2500);
}

/** Puts text on the clipboard, also where the page came over plain HTTP to another machine. */
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

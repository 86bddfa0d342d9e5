// Components that several views share.

import { copy, el, say } from "./dom.js";
import { t } from "./i18n.js";

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/_gateway/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function copyButton(text, about = "") {
  const click = async () => {
    await copy(typeof text === "function" ? text() : text);
    say(t("copied"));
  };
  return el("button.small", { type: "button", click, "aria-label": `${t("copy")} ${about}`.trim() }, t("copy"));
}

export function badge(state, words) {
  return el(`span.badge.state-${/^\w+$/.test(state) ? state : "other"}`, words);
}

/** Runs the action of a button, one at a time, and shows its error. */
export function acting(act) {
  let busy = false; // a disabled button would lose the focus
  return async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      await act(event);
    } catch (error) {
      say(`${t("failed")}: ${error.message}`, "bad");
    } finally {
      busy = false;
    }
  };
}

/** Returns a section of the details with a heading. */
export function section(title, ...children) {
  return el("section.block", el("h2", title), ...children);
}

/** Returns a block of raw text; a long one scrolls in its own box. */
export function bytes(text, label) {
  return el("pre.bytes", { tabindex: "0", role: "region", "aria-label": label }, text);
}

/** Returns a form field with its label. */
export function field(label, control, hint = "") {
  const id = `field-${(field.count = (field.count ?? 0) + 1)}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  const small = hint && el("small", { id: `${id}-hint` }, hint);
  return el("div.field", el("label", { for: id }, label), control, small);
}

// The controls of a record as buttons; a control with arguments has a form generated from its signature.

import { part, post } from "./api.js";
import { el, say } from "./dom.js";
import { known, language, t } from "./i18n.js";
import { acting, field } from "./parts.js";

const spelled = (name) => name.replaceAll("_", "-");

/** Returns the label of a control: specific to its product, or the general one of its name. */
export const named = ({ product, name }) => known(`do_${product}_${name}`) || known(`do_${name}`) || name.replaceAll("_", " ");

/**
 * Returns a button for each control that the record's state permits.
 * @param {Array} controls the controls, each with its `product`
 * @param {object} record the record with its `key`, `state` and `mchid`
 * @param {function} done called after a control succeeded
 */
export function actions(controls, record, done) {
  const possible = controls.filter(({ when }) => !when.length || when.includes(record.state));
  const place = el("div.panel.acting", { hidden: true, id: "acting" });
  const buttons = possible.map((control) => {
    const open = () => {
      const isOpen = !place.hidden && place.dataset.name === control.name;
      place.hidden = isOpen;
      place.dataset.name = control.name;
      place.replaceChildren(form(control, record, done));
      if (!isOpen) place.querySelector("input, textarea, select")?.focus();
    };
    const click = control.parameters.length ? open : acting(() => carryOut(control, record, {}, done));
    const more = control.parameters.length > 0;
    return el("button", { type: "button", id: `do-${control.name}`, title: hint(control), "aria-controls": more && "acting", click }, named(control), more && " …");
  });
  return { buttons, place };
}

const hint = ({ title }) => (language() === "en" ? title : null);

async function carryOut(control, { key, mchid }, given, done) {
  const about = key ? `/${part(key)}` : "";
  await post(`${spelled(control.product)}${about}/${spelled(control.name)}${mchid ? `?mchid=${mchid}` : ""}`, given);
  say(t("done", { name: named(control) }));
  await done();
}

/** Returns a form field for each argument of a control. */
export function form(control, record, done) {
  const fields = control.parameters.map((each) => ({ ...each, input: inputOf(each) }));
  const submit = acting(async () => {
    const given = {};
    for (const { name, type, input, required } of fields) {
      const value = valueOf(type, input, name);
      if (value !== "" || required) given[name] = value;
    }
    await carryOut(control, record, given, done);
  });
  return el("form.form", { submit },
    el("h3", named(control)),
    hint(control) && el("p.soft", hint(control)),
    el("div.fields", fields.map(({ name, input }) => field(name, input))),
    el("div.row-of", el("button.primary", { type: "submit", id: "carry-out" }, t("carry_out"))),
  );
}

function inputOf({ type, required, default: value }) {
  const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  if (type === "boolean") return el("input", { type: "checkbox", checked: value === true });
  if (type === "integer" || type === "number") return el("input", { type: "number", step: type === "integer" ? "1" : "any", required, value: text });
  if (type === "string") return el("input", { required, value: text, spellcheck: "false", autocomplete: "off" });
  return el("textarea.mono", { rows: "4", required, value: text, spellcheck: "false", placeholder: type === "array" ? "[]" : "{}" });
}

function valueOf(type, input, name) {
  if (type === "boolean") return input.checked;
  if (type === "string" || input.value === "") return input.value;
  if (type === "integer" || type === "number") return Number(input.value);
  try {
    return JSON.parse(input.value);
  } catch (error) {
    throw new Error(t("not_json", { name, error: error.message }));
  }
}

// Signed strings with visible control characters, and the differences of two strings.

import { compare, fields } from "./diff.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";

const LABELS = ["part_method", "part_target", "part_timestamp", "part_nonce", "part_body"];
const VISIBLE = { "\n": "↵", "\r": "␍", "\t": "⇥", "\u00a0": "⍽", "\u200b": "∅", "\ufeff": "∅" };

/** Returns the hashed string in parts, with visible line feeds. */
export function strings(text, protocol) {
  return el("ol.string", protocol === "v3" ? linesOf(text) : fieldsOf(text));
}

function linesOf(text) {
  const cut = text.split("\n");
  const body = cut.slice(4).join("\n").replace(/\n$/, "");
  return [...cut.slice(0, 4), body].map((line, index) =>
    el("li", el("span.label", t(LABELS[index])), el("span.value", visible(line), el("i.newline", { title: "\\n" }, "↵"))),
  );
}

function fieldsOf(text) {
  return fields(text).map((pair, index) => {
    const [name, value = ""] = pair.split(/=(.*)/s);
    return el("li", el("span.label", index ? "&" : "", name), el("span.value", "=", visible(value)));
  });
}

/** Returns a text with visible control characters; a copy of it is the original text. */
function visible(text) {
  return text.split(/([\n\r\t\u00a0\u200b\ufeff])/).filter(Boolean).map((piece) =>
    piece in VISIBLE ? el("i.newline", VISIBLE[piece], piece === "\n" ? "\n" : "") : piece,
  );
}

/** Returns the differences of a pasted string and the gateway's. */
export function comparison(ours, theirs, protocol) {
  const found = compare(ours, theirs, protocol);
  const count = found.rows.filter((row) => !row.same).length;
  const said = (kind, key) => el(`p.panel.${kind}`, t(key, { count }));
  return el("div.compared",
    found.unescaped && el("p.soft", t("compare_unescaped")),
    found.same ? said("good", "compare_same")
      : found.lastOnly ? said("warn", "compare_last")
        : found.order ? said("bad", "compare_order") : said("bad", "compare_differs"),
    table(found, ours, theirs),
  );
}

/** Returns the differences of a reconstructed string, without the finding. */
export function difference(ours, theirs, protocol) {
  return table(compare(ours, theirs, protocol), ours, theirs);
}

function table(found, ours, theirs) {
  if (found.same) return null;
  if (found.lastOnly) return rowsOf([{ label: "part_end", same: false, steps: [["-", "\n"]], absent: "yours" }]);
  if (!found.order) return rowsOf(found.rows);
  const names = (text) => fields(text).map((pair) => pair.split("=")[0]).join(" & ");
  return rowsOf([{ label: "part_whole", same: false, steps: [["-", names(ours)], ["+", names(theirs)]] }]);
}

const rowsOf = (rows) => el("div.rows-of", rows.map(line));

function line({ label, name, same, steps, absent }) {
  const title = el("span.label", label ? t(label) : name, el("span.offscreen", `: ${t(same ? "same" : "differs")}`));
  if (same) return el("div.compare.same", title, el("span.value", cut(steps.map(([, text]) => text).join(""))));
  return el("div.compare.differs", title,
    side("gateway_has", "-", steps, absent === "gateway"),
    side("yours", "+", steps, absent === "yours"),
  );
}

function cut(text) {
  return text.length > 300 ? [visible(text.slice(0, 200)), " … ", visible(text.slice(-80))] : visible(text);
}

function side(who, kind, steps, absent) {
  const mine = steps.filter(([each]) => each === "=" || each === kind);
  const pieces = mine.map(([each, text]) => (each === "=" ? context(text) : el(kind === "-" ? "del" : "ins", marked(text))));
  const nothing = absent || !mine.some(([, text]) => text);
  return el(`div.side-of`, el("span.who", t(who)), el("span.value", nothing ? el("i", t("absent")) : pieces));
}

/** Returns equal text without the middle of a long part. */
function context(text) {
  return text.length > 160 ? [visible(text.slice(0, 60)), el("i.gap", " … "), visible(text.slice(-60))] : visible(text);
}

function marked(text) {
  return visible(text).map((piece) => (typeof piece === "string" ? piece.replace(/ /g, "·") : piece));
}

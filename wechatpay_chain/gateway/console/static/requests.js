// The request log: requests, their inspection, and the causes of rejections.

import { get, part } from "./api.js";
import { connection } from "./connect.js";
import { el, facts, visible } from "./dom.js";
import { moment, pretty, time } from "./format.js";
import { known, meaning, t } from "./i18n.js";
import { badge, bytes, copyButton, section } from "./parts.js";
import { scoped } from "./party.js";
import { split } from "./split.js";
import { comparison, difference, strings } from "./strings.js";

const ORDER = {
  v3: ["Authorization", "mchid", "serial_no", "timestamp", "signature", "nonce_str"],
  v2: ["certificate", "mch_id", "sign"],
};

let failedOnly = false;

function filter(load) {
  const box = el("input", { type: "checkbox", checked: failedOnly, id: "failed-only", change: () => ((failedOnly = box.checked), load()) });
  return [el("label.check", box, t("failed_only"))];
}

async function all(words) {
  const found = await get(scoped(`console/requests?limit=200&q=${part(words)}`));
  return failedOnly ? found.filter((each) => !each.ok) : found;
}

function row(item) {
  const why = item.failed ? t("rejected_at", { step: item.failed }) : item.code;
  return [
    el("span.line", el(`b.status.${item.ok ? "good" : "bad"}`, item.status ?? "—"), el("span.method", item.method), el("span.path", item.target)),
    el("span.line.soft", why ? el("span.why", why) : el("span.what", item.operation), item.fault && el("span.tag", item.fault), el("time", time(item.time))),
  ];
}

function detail(entry) {
  const { explanation } = entry;
  const status = [entry.status ?? "—", entry.code].filter(Boolean).join(" ");
  return [
    el("header.title", el("p.line", badge(entry.ok ? "good" : "bad", status), el("b", entry.method)), el("h2.target", { id: "what" }, entry.target)),
    entry.failed ? cause(entry) : !entry.ok && entry.message && el("div.panel.bad", el("p", entry.message)),
    entry.fault && el("p.panel.warn", t("fault_here", { name: entry.fault })),
    steps(entry),
    explanation.signed !== null && signed(explanation),
    hashed(explanation, entry.failed),
    head(entry),
    exchange(t("request"), `${entry.method} ${entry.target} HTTP/1.1`, entry.headers, entry.body),
    entry.status === null
      ? section(t("response"), el("p.soft", t("no_response")))
      : exchange(t("response"), `HTTP/1.1 ${entry.status}`, entry.answer_headers, entry.answer_body),
  ];
}

/** Returns the summary of a rejection: the problem and the remedy. */
function cause({ failed, explanation, steps: checked }) {
  const found = explanation.findings.length ? explanation.findings : [{ code: failed }];
  const note = checked.find((step) => !step.passed).note.split("\n")[0];
  return el("div.panel.bad.cause", { role: "group", "aria-labelledby": "cause" },
    found.map((finding, index) => {
      const { title, detail, text } = meaning(finding);
      const about = finding.number && el("a", { href: `#/requests/${finding.number}` }, ` #${finding.number}`);
      return [el("h3", index ? {} : { id: "cause" }, title), detail && el("p.detail", detail), el("p", text, about)];
    }),
    !note.includes(explanation.hashed) && el("p.note", `${failed}: ${note}`),
  );
}

function steps({ steps: checked, explanation }) {
  const seen = new Set(checked.map((step) => step.name));
  const failed = checked.some((step) => !step.passed);
  // Only some operations require a client certificate.
  const rest = failed ? ORDER[explanation.protocol].filter((name) => !seen.has(name) && name !== "certificate") : [];
  const mark = (kind, sign) => [el(`span.mark.${kind}`, { "aria-hidden": "true" }, sign), el("span.offscreen", `${t(kind)}: `)];
  const items = [
    ...checked.map((step) => {
      const kind = step.passed ? "passed" : "not_passed";
      return el(`li.${kind}`, mark(kind, step.passed ? "✓" : "✗"), el("code", step.name), el("span.soft", step.note.split("\n")[0].slice(0, 120)));
    }),
    ...rest.map((name) => el("li.not_reached", mark("not_reached", "–"), el("code", name), el("span.soft", t("not_reached")))),
  ];
  return items.length > 0 && section(t("checks"), el("ol.steps", items));
}

function signed({ hashed: ours, signed: theirs, protocol }) {
  return section(t("signed"), el("p.soft", t(protocol === "v3" ? "signed_text" : "signed_text_v2")), difference(ours, theirs, protocol));
}

function hashed({ hashed: text, signed: theirs, complete, protocol }, failed) {
  if (text === null) return failed && section(t("hashed"), el("p.soft", t("hashed_none")));
  const isOpen = failed === "signature" || failed === "sign";
  return [
    section(t("hashed"), !complete && el("p.panel.warn", t("hashed_cut")), strings(text, protocol), copyButton(text, t("hashed"))),
    isOpen && (theirs === null ? section(t("compare"), paste(text, protocol)) : folded(t("compare"), paste(text, protocol))),
  ];
}

const folded = (title, content) => el("details.block", el("summary", title), content);

function paste(text, protocol) {
  const result = el("div", { "aria-live": "polite" });
  const area = el("textarea.mono", {
    id: "pasted", rows: "6", spellcheck: "false", autocomplete: "off", "aria-label": t("compare_place"), placeholder: t("compare_place"),
    input: () => result.replaceChildren(...(area.value ? [comparison(text, area.value, protocol)] : [])),
  });
  return [el("p.soft", t("compare_text")), area, result];
}

function head(entry) {
  return facts([
    [t("operation"), entry.operation && `${entry.operation}${known(entry.kind) && ` (${t(entry.kind)})`}`],
    [t("arrived"), moment(entry.time)],
    [t("took"), `${(entry.milliseconds ?? 0).toFixed(1)} ms`],
    [t("over"), t(entry.secure ? "tls" : "plain")],
  ]);
}

function exchange(title, first, headers, body) {
  const top = [first, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join("\n");
  const nicer = pretty(body);
  const box = bytes(body, `${title}: ${t("body")}`);
  const choices = nicer !== body && el("div.choices", { role: "group", "aria-label": t("form_of_body") },
    [["raw", body], ["formatted", nicer]].map(([name, text], index) =>
      el("button.small", { type: "button", "aria-pressed": String(!index), click: (event) => choose(event, box, text) }, t(name)),
    ),
  );
  const tools = el("div.tools", choices, copyButton(() => `${top}\n\n${body}`, title));
  return section(title, tools, bytes(top, title), body ? box : el("p.soft", t("no_body")));
}

function choose(event, box, text) {
  box.textContent = visible(text);
  for (const each of event.currentTarget.parentElement.children) {
    each.setAttribute("aria-pressed", String(each === event.currentTarget));
  }
}

const empty = () => [el("p.big", t("requests_empty")), el("p.soft", t("requests_empty_text")), connection()];

export const requests = split({
  name: "requests",
  search: () => t("requests_search"),
  key: (item) => String(item.number),
  one: ([number]) => get(`console/requests/${part(number)}`),
  still: true,
  actions: filter,
  all, row, detail, empty,
});


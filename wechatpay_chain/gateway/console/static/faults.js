// Faults: what goes wrong on purpose.

import { get, post, remove } from "./api.js";
import { el, list, say } from "./dom.js";
import { t } from "./i18n.js";
import { acting, field } from "./parts.js";

const NAMES = [
  "status", "frequency_limit", "delay", "reset", "truncate",
  "bad_signature", "missing_headers", "expired", "unknown_serial", "wrong_body",
];
const PATHS = ["*", "v3/*", "v2/*", "v3/pay/*", "v3/pay/transactions/native", "v3/refund/*", "v2/pay/*", "v3/certificates"];

export function faults(root) {
  const rows = el("ol.rows.inside");
  const none = el("p.soft", t("faults_none"));
  const match = el("input", { value: "v3/pay/*", list: "paths", required: true, spellcheck: "false" });
  const kind = el("select", NAMES.map((name) => el("option", { value: name }, `${name} · ${t(`fault_name_${name}`)}`)));
  const times = el("input", { type: "number", min: "1", step: "1", value: "1" });
  const status = el("input", { type: "number", min: "200", max: "599", value: "500" });
  const body = el("textarea.mono", { rows: "3", spellcheck: "false" });
  const seconds = el("input", { type: "number", min: "0", max: "3600", step: "any", value: "2" });
  const forStatus = el("div.fields", field(t("fault_status"), status), field(t("fault_body"), body, t("fault_body_hint")));
  const forDelay = el("div.fields", field(t("fault_seconds"), seconds));
  const choose = () => {
    forStatus.hidden = kind.value !== "status";
    forDelay.hidden = kind.value !== "delay";
  };
  kind.addEventListener("change", choose);
  choose();

  const set = acting(async () => {
    const asked = { match: match.value, fault: kind.value };
    if (times.value) asked.times = Number(times.value);
    if (kind.value === "status") asked.status = Number(status.value);
    if (kind.value === "status" && body.value.trim()) asked.body = jsonOrText(body.value);
    if (kind.value === "delay") asked.seconds = Number(seconds.value);
    await post("faults", asked);
    say(t("fault_added"));
    await refresh();
  });
  const clear = el("button", { type: "button", id: "clear", click: acting(async () => {
    await remove("faults");
    say(t("faults_cleared"));
    await refresh();
  }) }, t("fault_clear"));

  async function refresh() {
    const found = (await get("faults")).map((fault, index) => ({ ...fault, index }));
    list(rows, found, (fault) => fault.index, row);
    rows.hidden = clear.hidden = !found.length;
    none.hidden = found.length > 0;
  }

  root.replaceChildren(el("div.page",
    el("header.head", el("h1", t("faults"))),
    el("p.soft", t("faults_text")),
    el("section.card", rows, none, el("div.row-of", clear)),
    el("form.card.form", { submit: set },
      el("datalist", { id: "paths" }, PATHS.map((path) => el("option", { value: path }))),
      el("div.fields", field(t("fault_match"), match), field(t("fault_times"), times, t("fault_times_hint"))),
      field(t("fault_kind"), kind),
      forStatus, forDelay,
      el("div.row-of", el("button.primary", { type: "submit", id: "set" }, t("fault_set"))),
    ),
  ));
  return { go: refresh, refresh };
}

function row({ match, fault, times, index, ...options }) {
  const more = Object.entries(options).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return el("li", el("div.row",
    el("span.line", el("b", fault), el("code.path", match), el("span.tag", times === null ? t("always") : t("times_left", { count: times }))),
    el("span.line.soft", el("span.what", [t(`fault_name_${fault}`), ...more].join(" · "))),
  ));
}

function jsonOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

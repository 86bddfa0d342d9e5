// Faults: simulated problems.

import { get, post, remove } from "./api.js";
import { el, list, say } from "./dom.js";
import { t } from "./i18n.js";
import { acting, field } from "./parts.js";

const NAMES = [
  "status", "frequency_limit", "delay", "reset", "truncate",
  "bad_signature", "missing_headers", "expired", "unknown_serial", "wrong_body",
  "statement_creating", "no_statement",
  "system_error", "rate_limit", "maintenance", "refuse", "clock_skew", "probe",
  "notification_twice", "notification_late", "notification_out_of_order", "notification_never",
  "notification_probe", "notification_clock_skew",
];
/** The options of faults, with their defaults. */
const OPTIONS = {
  status: { status: 500, body: "" },
  maintenance: { status: 502 },
  delay: { seconds: 2 },
  rate_limit: { requests: 10, seconds: 1 },
  clock_skew: { seconds: 400 },
  notification_late: { seconds: 60 },
  notification_clock_skew: { seconds: 400 },
};
const ALL_PAYMENTS = { requests: "v3/pay/*", notifications: "TRANSACTION.*" };
const EVENTS = ["*", "TRANSACTION.*", "TRANSACTION.SUCCESS", "REFUND.*", "REFUND.SUCCESS", "MCHTRANSFER.*", "COMPLAINT.*"];
const PATHS = ["*", "v3/*", "v2/*", "v3/pay/*", "v3/pay/transactions/native", "v3/refund/*", "v2/pay/*", "v3/certificates", "v3/bill/*", "v3/billdownload/*"];

export function faults(root) {
  const rows = el("ol.rows.inside");
  const none = el("p.soft", t("faults_none"));
  const match = el("input", { value: ALL_PAYMENTS.requests, list: "paths", required: true, spellcheck: "false" });
  const matches = el("datalist", { id: "paths" });
  const kind = el("select", NAMES.map((name) => el("option", { value: name }, `${name} · ${t(`fault_name_${name}`)}`)));
  const times = el("input", { type: "number", min: "1", step: "1", value: "1" });
  const status = el("input", { type: "number", min: "200", max: "599", value: "500" });
  const body = el("textarea.mono", { rows: "3", spellcheck: "false" });
  const seconds = el("input", { name: "seconds", type: "number", step: "any", required: true });
  const requests = el("input", { name: "requests", type: "number", min: "0", step: "1", required: true });
  const share = el("input", { name: "share", type: "number", min: "0", max: "1", step: "any" });
  const seed = el("input", { name: "seed", type: "number", step: "1" });
  const host = el("input", { name: "host", spellcheck: "false" });
  const own = { status, body, requests, seconds };
  const fields = Object.fromEntries(Object.entries(own).map(([name, input]) => [name, field(t(`fault_${name}`), input, name === "body" ? t("fault_body_hint") : "")]));
  const choose = () => {
    const taken = OPTIONS[kind.value] ?? {};
    for (const [name, input] of Object.entries(own)) {
      fields[name].hidden = input.disabled = !(name in taken);
      if (name in taken) input.value = taken[name];
    }
    const ofNotifications = kind.value.startsWith("notification_");
    matches.replaceChildren(...(ofNotifications ? EVENTS : PATHS).map((each) => el("option", { value: each })));
    const { requests: paths, notifications: events } = ALL_PAYMENTS;
    if ([paths, events].includes(match.value)) match.value = ofNotifications ? events : paths;
  };
  kind.addEventListener("change", choose);
  choose();

  const set = acting(async () => {
    const asked = { match: match.value, fault: kind.value };
    if (times.value) asked.times = Number(times.value);
    for (const [name, input] of Object.entries({ status, requests, seconds, share, seed })) {
      if (!input.disabled && input.value) asked[name] = Number(input.value);
    }
    if (!body.disabled && body.value.trim()) asked.body = jsonOrText(body.value);
    if (host.value.trim()) asked.host = host.value.trim();
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
      matches,
      el("div.fields", field(t("fault_match"), match), field(t("fault_times"), times, t("fault_times_hint"))),
      field(t("fault_kind"), kind),
      el("div.fields", Object.values(fields)),
      el("details", el("summary", t("fault_more")), el("div.fields",
        field(t("fault_share"), share, t("fault_share_hint")),
        field(t("fault_seed"), seed, t("fault_seed_hint")),
        field(t("fault_host"), host, t("fault_host_hint")),
      )),
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

// The money view: a diagram of a merchant's ledger on a day, its accounts, flows and entries.

import { get, part } from "./api.js";
import { el, show } from "./dom.js";
import { time } from "./format.js";
import { t } from "./i18n.js";
import { yuan } from "./members.js";
import { whose, scoped } from "./party.js";
import { picture } from "./picture.js";
import { account, entryKind } from "./timeline.js";

/** Returns a field for the day, which is stored in the URL. */
export function dayField(view, changed) {
  const input = el("input", { type: "date", id: "day", "aria-label": t("date"), change: () => {
    history.replaceState(null, "", `#/${view}${input.value ? `?day=${input.value}` : ""}`);
    changed();
  } });
  return input;
}

export function money(root) {
  let [told, chosen, drawnFor] = [null, "", 0];
  const day = dayField("money", () => refresh());
  const about = el("p.soft");
  const figure = el("div.figure");
  const rest = el("div.results");
  root.replaceChildren(el("div.page.wide", el("header.head", el("h1", t("money")), el("div.tools", day)), about, el("section.card", figure, legend()), rest));

  const observer = new ResizeObserver(() => figure.isConnected && figure.clientWidth !== drawnFor && paint());
  observer.observe(figure);

  function paint() {
    if (!told) return;
    drawnFor = figure.clientWidth;
    show(figure, JSON.stringify([told.accounts, told.flows, chosen, drawnFor, document.documentElement.lang]), () =>
      told.flows.length || told.accounts.length ? picture(told, drawnFor, chosen) : el("p.soft", t("money_empty")),
    );
  }

  function choose(name) {
    chosen = chosen === name ? "" : name;
    paint();
    fill();
  }

  function fill() {
    show(rest, JSON.stringify([told, chosen]), () => [
      told.error && el("p.panel.bad", told.error),
      el("section.card", el("h2", t("accounts")), el("p.soft", t("accounts_text")), accounts(told.accounts, chosen, choose)),
      el("section.card", el("h2", t("flows")), flows(told.flows, chosen)),
      el("section.card", el("h2", t("entries_of", { count: told.count })), entries(told, chosen)),
    ]);
  }

  async function refresh() {
    told = await get(scoped(`console/money?day=${part(day.value)}`));
    day.max = told.today;
    if (!day.value) day.value = told.day;
    about.textContent = t("money_text", { mchid: told.mchid });
    paint();
    fill();
  }

  return {
    async go(_, query) {
      if (query.has("day")) day.value = query.get("date");
      await refresh();
    },
    refresh,
  };
}

const legend = () =>
  el("ul.legend", { "aria-hidden": "true" }, ["in", "aside", "out", "again"].map((kind) => el("li", el(`span.line-of.${kind}`), t(`flow_${kind}`))));

function accounts(every, chosen, choose) {
  const row = ({ account: name, opening, change }) =>
    el("tr",
      el("th", { scope: "row" }, el("button.small", { type: "button", id: `account-${name}`, "aria-pressed": String(name === chosen), click: () => choose(name) }, account(name))),
      el("td.amount", change > 0 ? `+${yuan(change)}` : change ? yuan(change) : "—"),
      el("td.amount", el("b", yuan(opening + change))),
    );
  return el("table.ledger",
    el("thead", el("tr", [t("account"), t("change"), t("balance")].map((each) => el("th", { scope: "col" }, each)))),
    el("tbody", [...every].sort(byRole).map(row)),
  );
}

const ROLES = ["own", "pending", "outside"];
const owner = ({ account: name }) => name.split(":")[1] ?? "";
const byRole = (a, b) => (a.role === "outside") - (b.role === "outside") || owner(a).localeCompare(owner(b)) || ROLES.indexOf(a.role) - ROLES.indexOf(b.role);

const touches = (chosen) => (each) => !chosen || each.source === chosen || each.target === chosen;

function flows(every, chosen) {
  const row = ({ source, target, kind, amount, count }) =>
    el("tr", el("td", el("b", entryKind(kind)), el("br"), el("span.soft", `${account(source)} → ${account(target)}`)), el("td.amount", count), el("td.amount", yuan(amount)));
  return el("table.ledger",
    el("thead", el("tr", [t("flow"), t("count"), t("amount")].map((each) => el("th", { scope: "col" }, each)))),
    el("tbody", every.filter(touches(chosen)).map(row)),
  );
}

function entries({ entries: every, count, mchid }, chosen) {
  const shown = every.filter(touches(chosen));
  const line = (entry) => [
    el("span.line", el("b.amount", yuan(entry.amount)), el("span.path", entryKind(entry.kind)), el("time", time(entry.time))),
    el("span.line.soft", el("span.what", [`${account(entry.source)} → ${account(entry.target)}`, entry.out_trade_no].filter(Boolean).join(" · "))),
  ];
  const row = (entry) => el("li", entry.out_trade_no ? el("a.row", { href: `#/orders/${part(entry.out_trade_no)}${whose(mchid)}` }, line(entry)) : el("div.row", line(entry)));
  return [
    shown.length ? el("ol.rows.inside", shown.map(row)) : el("p.soft", t("nothing_found")),
    every.length < count && el("p.soft", t("entries_cut", { count: every.length })),
  ];
}

// The bills of a day: tables, files, and a form that fills a day.

import { get, part, post } from "./api.js";
import { el, say, show } from "./dom.js";
import { t } from "./i18n.js";
import { dayField } from "./money.js";
import { acting, field } from "./parts.js";
import { party, scoped } from "./party.js";

export function bills(root) {
  let wanted = "";
  const day = dayField("bills", () => refresh());
  const about = el("p.soft");
  const list = el("div.results");
  const table = el("div.results", { "aria-live": "polite" });
  root.replaceChildren(el("div.page.wide", el("header.head", el("h1", t("bills")), el("div.tools", day)), about, el("section.card", list), table, filling(() => day.value, refresh)));

  const path = (name, rest = "") => scoped(`console/bills/${part(name)}${rest}?day=${part(day.value)}`);

  async function refresh() {
    const told = await get(scoped(`console/bills?day=${part(day.value)}`));
    day.max = told.today;
    if (!day.value) day.value = told.day;
    about.textContent = t("bills_text", { mchid: told.mchid });
    if (!told.bills.includes(wanted)) wanted = told.bills[0] ?? "";
    show(list, JSON.stringify([told, wanted]), () => (wanted ? el("ul.bills", told.bills.map(item)) : el("p.soft", t("bills_empty"))));
    const asked = wanted;
    const found = asked && (await bill(asked));
    if (asked === wanted) show(table, JSON.stringify([asked, found]), () => asked && (found ? rows(asked, found) : el("p.soft", t("bill_empty"))));
  }

  async function bill(name) {
    try {
      return await get(path(name));
    } catch (error) {
      if (error.status !== 404) throw error;
      return null;
    }
  }

  function item(name) {
    const look = () => {
      wanted = name;
      refresh();
    };
    return el("li",
      el("button", { type: "button", id: `bill-${name}`, "aria-pressed": String(name === wanted), click: acting(look) }, t(`bill_${name}`)),
      el("a.button", { href: `/_gateway/${path(name, "/file")}`, download: "", "aria-label": `${t("download")} ${t(`bill_${name}`)}` }, t("download")),
    );
  }

  return {
    async go(_, query) {
      if (query.has("day")) day.value = query.get("day");
      await refresh();
    },
    refresh,
  };
}

function rows(name, { columns, rows: shown, count, summary }) {
  return el("section.card",
    el("h2", t(`bill_${name}`)),
    el("p.soft", t("rows_of", { count, shown: shown.length })),
    el("div.scroll", { tabindex: "0", role: "region", "aria-label": t(`bill_${name}`) },
      el("table.bill",
        el("thead", el("tr", columns.map((each) => el("th", { scope: "col" }, each)))),
        el("tbody", shown.map((row) => el("tr", row.map((cell) => el("td", cell))))),
      ),
    ),
    summary.length > 0 && el("dl.facts", summary.map(([about, value]) => el("div", el("dt", about), el("dd", value)))),
  );
}

function filling(day, refresh) {
  const orders = el("input", { type: "number", min: "1", max: "1000000", value: "1000", required: true });
  const differences = el("input", { type: "checkbox" });
  const { mchid } = party();
  const fill = acting(async () => {
    const asked = { orders: Number(orders.value), date: day(), ...(differences.checked && { differences: "every" }) };
    const made = await post(`fill${mchid ? `?mchid=${mchid}` : ""}`, asked);
    say(t("filled", { count: made.orders, date: made.date }));
    await refresh();
  });
  return el("form.card.form", { submit: fill },
    el("h2", t("fill")),
    el("p.soft", t("fill_text")),
    el("div.fields", field(t("fill_orders"), orders), field(t("fill_differences"), differences, t("fill_differences_hint"))),
    el("div.row-of", el("button.primary", { type: "submit", id: "fill" }, t("fill_day"))),
  );
}

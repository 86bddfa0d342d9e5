// Orders with their timelines.

import { get, part, post } from "./api.js";
import { actions } from "./actions.js";
import { el, facts, say } from "./dom.js";
import { moment, time } from "./format.js";
import { known, t } from "./i18n.js";
import { acting, badge, bytes, icon, section } from "./parts.js";
import { scoped } from "./party.js";
import { controlsOf, load } from "./products.js";
import { address, split } from "./split.js";
import { timeline } from "./timeline.js";

const stateOf = (state) => badge(state, known(state) || state);
const version = (protocol) => (protocol === "combined" ? t("version_combined") : protocol);

function orderRow(order) {
  return [
    el("span.line", el("b.amount", order.amount), el("span.path", order.description), stateOf(order.state)),
    el("span.line.soft", el("span.what", order.out_trade_no), el("time", time(order.created))),
  ];
}

function orderDetail(order, refresh) {
  const act = (what, words) =>
    acting(async () => {
      await post(`transactions/${part(order.out_trade_no)}/${what}?mchid=${order.mchid}`, {});
      say(t(words));
    });
  const { buttons, place } = actions(controlsOf("order"), { ...order, key: order.out_trade_no }, refresh);
  return [
    el("header.title", el("p.line", stateOf(order.state), el("b", order.amount)), el("h2.target", { id: "what" }, order.description)),
    el("div.row-of",
      el("a.button.primary", { href: `/_gateway/pay/${part(order.token)}`, target: "_blank", rel: "noopener", id: "cashier" }, icon("cashier"), t("cashier")),
      order.open && el("button", { type: "button", id: "pay", click: act("pay", "paid_now") }, t("pay")),
      order.open && el("button", { type: "button", id: "fail", click: act("fail", "failed_now") }, t("fail")),
      buttons,
      el("a.button", { href: `#/requests?q=${part(order.out_trade_no)}` }, t("related")),
    ),
    place,
    facts([
      [t("out_trade_no"), order.out_trade_no],
      [t("transaction_id"), order.transaction_id],
      [t("combine_out_trade_no"), order.combine_out_trade_no],
      [t("refunded"), order.refunded],
      [t("trade_type"), order.trade_type],
      [t("protocol"), version(order.protocol)],
      ...Object.entries(order.parties ?? {}),
      [t("attach"), order.attach],
      [t("payer"), order.openid],
      [t("notify_url"), order.notify_url],
      [t("created"), moment(order.created)],
      [t("expires"), order.paid ? "" : moment(order.expires)],
      [t("paid_at"), moment(order.paid)],
    ]),
    together(order),
    section(t("timeline"), timeline(order.timeline, order.mchid)),
    section(t("content"), bytes(JSON.stringify(order.content, null, 2), t("content"))),
  ];
}

/** Returns the other orders of a combined order. */
function together(order) {
  if (!order.together.length) return null;
  const items = order.together.map((each) =>
    el("li", el("a.row", { href: address("orders", each.out_trade_no, order.mchid) },
      el("span.line", el("span.path", each.out_trade_no), stateOf(each.state)),
      el("span.line.soft", el("span.what", `${each.amount} · ${each.description}`)),
    )),
  );
  return section(t("together"), el("ul.rows.inside", items));
}

async function one([number], query) {
  const [order, events] = await Promise.all([get(`orders/${part(number)}${query}`), get(`console/timeline/${part(number)}${query}`), load()]);
  return { ...order, timeline: events };
}

export const orders = split({
  name: "orders",
  search: () => t("orders_search"),
  all: (words) => get(scoped(`orders?limit=200&q=${part(words)}`)),
  one,
  key: (order) => order.out_trade_no,
  row: orderRow,
  detail: orderDetail,
  empty: () => [el("p.big", t("orders_empty")), el("p.soft", t("orders_empty_text"))],
});

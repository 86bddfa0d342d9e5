// Orders and refunds.

import { get, part, post } from "./api.js";
import { el, facts, say } from "./dom.js";
import { moment, time } from "./format.js";
import { known, t } from "./i18n.js";
import { acting, badge, bytes, icon, section } from "./parts.js";
import { split } from "./split.js";

const stateOf = (state) => badge(state, known(state) || state);
const refundState = (state) => badge(state, known(`refund_${state}`) || state);
const version = (protocol) => (protocol === "combined" ? t("version_combined") : protocol);

function orderRow(order) {
  return [
    el("span.line", el("b.amount", order.amount), el("span.path", order.description), stateOf(order.state)),
    el("span.line.soft", el("span.what", order.out_trade_no), el("time", time(order.created))),
  ];
}

function orderDetail(order) {
  const act = (what, words) =>
    acting(async () => {
      await post(`transactions/${part(order.out_trade_no)}/${what}`, {});
      say(t(words));
    });
  return [
    el("header.title", el("p.line", stateOf(order.state), el("b", order.amount)), el("h2.target", { id: "what" }, order.description)),
    el("div.row-of",
      el("a.button.primary", { href: `/_gateway/pay/${part(order.token)}`, target: "_blank", rel: "noopener", id: "cashier" }, icon("cashier"), t("cashier")),
      order.open && el("button", { type: "button", id: "pay", click: act("pay", "paid_now") }, t("pay")),
      order.open && el("button", { type: "button", id: "fail", click: act("fail", "failed_now") }, t("fail")),
      el("a.button", { href: `#/requests?q=${part(order.out_trade_no)}` }, t("related")),
    ),
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
    links(t("together"), order.together, (each) => [`orders/${part(each.out_trade_no)}`, each.out_trade_no, `${each.amount} · ${each.description}`, stateOf(each.state)]),
    links(t("refunds"), order.refunds, (each) => [`refunds/${part(each.out_refund_no)}`, each.out_refund_no, each.amount, refundState(each.state)]),
    links(t("notifications"), order.notifications, (each) => [`notifications/${each.id}`, each.event, each.url, stateOf(each.state)]),
    section(t("content"), bytes(JSON.stringify(order.content, null, 2), t("content"))),
  ];
}

/** Other things that have to do with one. */
function links(title, things, tell) {
  if (!things.length) return null;
  const items = things.map((each) => {
    const [address, name, about, state] = tell(each);
    return el("li", el("a.row", { href: `#/${address}` }, el("span.line", el("span.path", name), state), el("span.line.soft", el("span.what", about))));
  });
  return section(title, el("ul.rows.inside", items));
}

function refundRow(refund) {
  return [
    el("span.line", el("b.amount", refund.amount), el("span.path", refund.out_refund_no), refundState(refund.state)),
    el("span.line.soft", el("span.what", refund.out_trade_no), refund.created && el("time", time(refund.created))),
  ];
}

function refundDetail(refund) {
  const act = (what) =>
    acting(async () => {
      await post(`refunds/${part(refund.out_refund_no)}/${what}`);
      say(t(`refund_${what}_done`));
    });
  const isOpen = refund.state === "PROCESSING";
  return [
    el("header.title", el("p.line", refundState(refund.state), el("b", refund.amount)), el("h2.target", { id: "what" }, refund.out_refund_no)),
    el("div.row-of",
      ["succeed", "fail", "close"].map((what) => isOpen && el("button", { type: "button", id: what, click: act(what) }, t(`refund_${what}`))),
      refund.out_trade_no && el("a.button", { href: `#/orders/${part(refund.out_trade_no)}` }, t("order")),
      el("a.button", { href: `#/requests?q=${part(refund.out_refund_no)}` }, t("related")),
    ),
    facts([
      [t("refund_id"), refund.refund_id],
      [t("out_trade_no"), refund.out_trade_no],
      [t("transaction_id"), refund.transaction_id],
      [t("reason"), refund.reason],
      [t("created"), moment(refund.created)],
    ]),
    section(t("record"), bytes(JSON.stringify(refund.record, null, 2), t("record"))),
  ];
}

const nothing = (name) => () => [el("p.big", t(`${name}_empty`)), el("p.soft", t(`${name}_empty_text`))];

export const orders = split({
  name: "orders",
  search: () => t("orders_search"),
  all: (words) => get(`orders?limit=200&q=${part(words)}`),
  one: (number) => get(`orders/${part(number)}`),
  key: (order) => order.out_trade_no,
  row: orderRow,
  detail: orderDetail,
  empty: nothing("orders"),
});

export const refunds = split({
  name: "refunds",
  search: () => t("refunds_search"),
  all: (words) => get(`console/refunds?limit=200&q=${part(words)}`),
  one: (number) => get(`console/refunds/${part(number)}`),
  key: (refund) => refund.out_refund_no,
  row: refundRow,
  detail: refundDetail,
  empty: nothing("refunds"),
});

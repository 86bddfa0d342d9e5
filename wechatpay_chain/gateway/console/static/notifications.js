// Notifications with their attempts, and a form that sends any type of the catalogue.

import { get, part, post } from "./api.js";
import { el, facts, say } from "./dom.js";
import { moment, pretty, time } from "./format.js";
import { t } from "./i18n.js";
import { acting, badge, bytes, section } from "./parts.js";
import { scoped, whose } from "./party.js";
import { split } from "./split.js";
import { form } from "./trigger.js";

function row(notice) {
  return [
    el("span.line", el("span.path", notice.event), badge(notice.state, t(notice.state))),
    el("span.line.soft", el("span.what", notice.url), notice.attempts > 1 && el("span.tag", `×${notice.attempts}`), el("time", time(notice.created))),
  ];
}

function detail(notice) {
  const resend = acting(async () => {
    await post(`notifications/${part(notice.id)}/resend`);
    say(t("resent"));
  });
  const number = notice.resource?.out_trade_no;
  return [
    el("header.title", el("p.line", badge(notice.state, t(notice.state)), el("b", notice.protocol)), el("h2.target", { id: "what" }, notice.event)),
    el("div.row-of",
      el("button.primary", { type: "button", id: "resend", click: resend }, t("resend")),
      typeof number === "string" && el("a.button", { href: `#/orders/${part(number)}` }, t("order")),
    ),
    facts([
      [t("url"), notice.url],
      [t("created"), moment(notice.created)],
      [t("next"), notice.next && notice.attempts.length ? moment(notice.next) : ""],
    ]),
    section(t("attempts"), notice.attempts.length ? el("ol.attempts", notice.attempts.map(attempt).reverse()) : el("p.soft", t("no_attempt"))),
    section(t("resource"), bytes(JSON.stringify(notice.resource, null, 2), t("resource"))),
    section(t("wire"), bytes(pretty(notice.body), t("wire"))),
  ];
}

function attempt(tried, index) {
  const kind = tried.acknowledged ? "good" : "bad";
  const status = tried.status === null ? t("notification_no_response") : `HTTP ${tried.status}`;
  return el(`li.${kind}`,
    el("p.line", el("b", t("attempt", { number: index + 1 })), badge(kind, status), el("span.soft", t(tried.acknowledged ? "acknowledged" : "not_acknowledged")), el("time", time(tried.time))),
    tried.error && el("p.error", tried.error),
    tried.status !== null && (tried.answer ? bytes(tried.answer, t("notification_response")) : el("p.soft", `${t("notification_response")}: ${t("empty_body")}`)),
  );
}

export const notifications = split({
  name: "notifications",
  search: () => t("notifications_search"),
  all: (words) => get(scoped(`console/notifications?limit=200&q=${part(words)}`)),
  one: ([id], query) => get(`console/notifications/${part(id)}${query}`),
  key: (notice) => notice.id,
  empty: () => [el("p.big", t("notifications_empty")), el("p.soft", t("notifications_empty_text"))],
  actions: () => [el("a.button.primary", { href: "#/notifications/new", id: "trigger" }, t("trigger"))],
  special: ([name]) => name === "new" && form,
  row, detail,
});

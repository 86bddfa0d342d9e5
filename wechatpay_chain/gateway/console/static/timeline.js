// The timeline of an order: its events in chronological order.

import { el } from "./dom.js";
import { moment, time } from "./format.js";
import { known, t } from "./i18n.js";
import { badge } from "./parts.js";
import { label } from "./products.js";
import { stateBadge } from "./records.js";
import { address } from "./split.js";

/** Returns the name of a ledger account: `merchant:1600000001` belongs to a sub-merchant. */
export function account(name) {
  const [kind, owner] = name.split(":");
  const words = known(`account_${kind}`) || kind;
  return owner ? `${words} ${owner}` : words;
}

export const entryKind = (kind) => known(`entry_${kind}`) || kind;

const result = (ok, status) => badge(ok ? "good" : "bad", String(status ?? t("notification_no_response")));

const TELL = {
  request: (event) => ({ text: event.title, badge: result(event.ok, event.status), link: ["requests", event.id], about: event.code }),
  order: (event) => ({ text: t(`did_${event.title}`), badge: badge(event.state, t(event.state)) }),
  record: (event) => ({
    text: `${label(event.product)} · ${known(event.title) || event.title}`,
    about: [event.amount, event.key].filter(Boolean).join(" · "),
    badge: stateBadge(event.state),
    link: ["records", [event.product, event.key]],
  }),
  entry: (event) => ({ text: `${entryKind(event.title)} ${event.amount}`, about: `${account(event.source)} → ${account(event.target)}` }),
  notification: (event) => ({ text: event.title, about: event.url, badge: badge(event.state, t(event.state)), link: ["notifications", event.id] }),
  attempt: (event) => ({ text: t("attempt", { number: event.number }), about: event.title, badge: result(event.ok, event.status), link: ["notifications", event.id] }),
};

/** Returns the events as a list, each with its kind as text. */
export function timeline(events, mchid) {
  let day = "";
  return el("ol.timeline", events.map((event) => {
    const { text, about, badge: mark, link } = TELL[event.what](event);
    const [date] = moment(event.time).split(" ");
    const isNew = date !== day;
    day = date;
    const content = [
      el("span.line", el("time", { title: moment(event.time) }, time(event.time)), el("span.tag", t(`what_${event.what}`)), mark),
      el("span.text", text),
      about && el("span.soft", about),
    ];
    const title = isNew && el("span.day", date);
    return el(`li.${event.what}`, title, link ? el("a.event", { href: address(...link, mchid) }, content) : el("div.event", content));
  }));
}

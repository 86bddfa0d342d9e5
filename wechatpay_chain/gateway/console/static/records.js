// The records of all products: a list, and details with the available controls.

import { get, part } from "./api.js";
import { actions, form, named } from "./actions.js";
import { el, facts, show } from "./dom.js";
import { moment, time } from "./format.js";
import { known, t } from "./i18n.js";
import { members } from "./members.js";
import { badge, bytes, section } from "./parts.js";
import { party, scoped, whose } from "./party.js";
import { controlsOf, label, load, product } from "./products.js";
import { split } from "./split.js";

const KINDS = [
  ["PENDING", /^(UNSIGNED|CREATE_SUCCESS|NOT_USED|INVITED)$|TO_BE_|WAIT|NEED_/],
  ["bad", /FROZEN|FREEZED|FAIL|ABNORMAL|REJECT|DENIED|ERROR|PAYERROR/],
  ["other", /stop|CLOSE|CANCEL|EXPIRE|REVOKE|TERMINATE|USED|UNBOUND|UNAUTHORIZED|UNAVAILABLE|UNBINDUSER|STOP|DELETED|REFUND/],
  ["good", /running|SENDED|SUCCESS|FINISH|PROCESSED|PAID|EFFECTIVE|AVAILABLE|AUTHORIZED|NORMAL|TAKING_EFFECT|PASSED|CONFIRMED|DONE|SIGNED|SENT|RECEIVED|ACTIVE/],
];

let wanted = "";

/** Returns the state of a record with its meaning, if known, and a colour. */
export function stateBadge(state) {
  if (!state) return null;
  const [kind] = KINDS.find(([, pattern]) => pattern.test(state)) ?? ["PENDING"];
  const node = badge(kind, known(`state_${state}`) || state);
  node.title = state;
  return node;
}

function filter(again) {
  const select = el("select", { id: "product", "aria-label": t("product"), change: () => ((wanted = select.value), again(), history.replaceState(null, "", `#/records${wanted && `?product=${wanted}`}`)) });
  const more = el("div.row-of.more", { hidden: true });
  filter.fill = (products) => {
    const counted = ({ name, count }) => `${label(name)}${count ? ` (${count})` : ""}`;
    const there = [...products].sort((a, b) => Boolean(b.count) - Boolean(a.count));
    show(select, JSON.stringify(there.map(counted)), () => [
      el("option", { value: "" }, t("product_all")),
      ...there.map((each) => el("option", { value: each.name }, counted(each))),
    ]);
    select.value = wanted;
    const free = (product(wanted)?.controls ?? []).filter((each) => !each.kinds.length);
    more.hidden = !free.length;
    show(more, wanted, () => free.map((each) => el("a.button", { href: `#/records/new/${wanted}/${each.name}?product=${wanted}` }, named({ ...each, product: wanted }), " …")));
  };
  return [select, more];
}

async function all(words) {
  const products = await load();
  filter.fill(products);
  return get(scoped(`console/records?limit=200&product=${wanted}&q=${part(words)}`));
}

async function one([name, key], query) {
  const [found] = await Promise.all([get(`console/records/${part(name)}/${part(key)}${query}`), load()]);
  return found;
}

function row(item) {
  return [
    el("span.line", item.amount && el("b.amount", item.amount), el("span.path", item.key), stateBadge(item.state)),
    el("span.line.soft", el("span.what", [label(item.product), item.about].filter(Boolean).join(" · ")), item.created && el("time", time(item.created))),
  ];
}

function detail(item, refresh) {
  const { record } = item;
  const { buttons, place } = actions(controlsOf(product(item.product)?.kind), item, refresh);
  const order = typeof record.out_trade_no === "string" && record.out_trade_no;
  return [
    el("header.title", el("p.line", stateBadge(item.state), el("b", label(item.product)), item.amount && el("b.amount", item.amount)), el("h2.target", { id: "what" }, item.key)),
    el("div.row-of", buttons,
      order && el("a.button", { href: `#/orders/${part(order)}${whose(item.mchid)}` }, t("order")),
      el("a.button", { href: `#/requests?q=${part(item.key)}` }, t("related")),
    ),
    place,
    facts([
      [t("state"), item.state],
      [t("mchid"), item.mchid],
      [t("sub_mchid"), item.sub_mchid],
      [t("created"), moment(item.created)],
    ]),
    section(t("members"), members(record)),
    el("details.block", el("summary", t("record")), bytes(JSON.stringify(record, null, 2), t("record"))),
  ];
}

/** Returns the form of a control without a record, such as showing a payment code. */
async function fresh([first, name, control]) {
  if (first !== "new") return null;
  await load();
  const found = product(name)?.controls.find((each) => each.name === control);
  if (!found) return null;
  const done = () => (location.hash = `#/records?product=${name}`);
  return () => el("div.card", form({ ...found, product: name }, party(), done));
}

export const records = split({
  name: "records",
  search: () => t("records_search"),
  all,
  one,
  key: (item) => [item.product, item.key],
  empty: () => [el("p.big", t("records_empty")), el("p.soft", t("records_empty_text"))],
  asked: (query) => query.has("product") && (wanted = query.get("product")),
  tells: () => ({ product: wanted }),
  special: fresh,
  actions: filter,
  row, detail,
});

// Merchants and their sub-merchants, with forms that add one.

import { get, part, patch, post } from "./api.js";
import { el, facts, say, show } from "./dom.js";
import { t } from "./i18n.js";
import { yuan } from "./members.js";
import { acting, copyButton, field } from "./parts.js";
import { choose } from "./party.js";

const KINDS = ["direct", "partner", "ecommerce"];

export function merchants(root) {
  const cards = el("div.cards");
  root.replaceChildren(el("div.page", el("header.head", el("h1", t("merchants"))), el("p.soft", t("merchants_text")), cards, added(refresh)));

  async function refresh() {
    const found = await get("merchants");
    show(cards, JSON.stringify(found), () => found.map((one) => card(one, refresh)));
  }
  return { go: refresh, refresh };
}

function card(one, refresh) {
  const money = Object.entries(one.accounts).filter(([name]) => name === "merchant" || name === "operation");
  return el("section.card",
    el("header.title", el("p.line", el("span.badge", t(`kind_${one.kind}`))), el("h2", one.name || one.mchid)),
    facts([
      [t("mchid"), [el("code", one.mchid), " ", copyButton(one.mchid, t("mchid"))]],
      [t("apps"), el("code", one.apps.join(", "))],
      [t("permissions"), one.permissions ? one.permissions.join(", ") : t("permissions_all")],
      ...limits(one),
      ...money.map(([name, fen]) => [t(`account_${name}`), el("span.amount", yuan(fen))]),
    ]),
    one.sub_merchants.length > 0 && el("ul.rows.inside", one.sub_merchants.map((sub) => subMerchant(one, sub, refresh))),
    el("div.row-of", el("a.button", { href: "#/orders", click: () => choose(one.mchid) }, t("look_at")), el("a.button", { href: "#/money", click: () => choose(one.mchid) }, t("money"))),
    one.kind !== "direct" && el("details.block", el("summary", t("add_sub")), subForm(one.mchid, refresh)),
    el("details.block", el("summary", t("change_merchant")), changeForm(one, refresh)),
  );
}

/** Returns the limits of a merchant's payments, if there are any. */
function limits(party) {
  return [
    party.frozen && [t("collecting"), el("span.badge.state-bad", t("frozen"))],
    party.payment_limit !== null && [t("payment_limit"), el("span.amount", yuan(party.payment_limit))],
    party.daily_limit !== null && [t("daily_limit"), el("span.amount", yuan(party.daily_limit))],
  ].filter(Boolean);
}

function subMerchant(one, sub, refresh) {
  const fen = one.accounts[`merchant:${sub.mchid}`] ?? 0;
  return el("li", el("a.row", { href: "#/orders", click: () => choose(one.mchid, sub.mchid) },
    el("span.line", el("code.path", sub.mchid), el("b.amount", yuan(fen))),
    el("span.line.soft", el("span.what", [sub.name, ...sub.apps].filter(Boolean).join(" · ") || t("apps_any")), sub.frozen && el("span.badge.state-bad", t("frozen"))),
  ), el("details.block", el("summary", t("change_merchant")), facts(limits(sub)), changeForm(sub, refresh)));
}

const number = () => el("input", { pattern: "[0-9]{8,10}", inputmode: "numeric", spellcheck: "false", autocomplete: "off" });
const name = () => el("input", { maxlength: "128", autocomplete: "off" });
const apps = () => el("input", { spellcheck: "false", autocomplete: "off", placeholder: "wx…" });

/** Returns the given values; empty fields are omitted. */
function given({ mchid, called, bound, ...rest }) {
  const list = bound.value.split(/[\s,]+/).filter(Boolean);
  return { ...(mchid.value && { mchid: mchid.value }), ...(called.value && { name: called.value }), ...(list.length && { apps: list }), ...rest };
}

function added(refresh) {
  const kind = el("select", KINDS.map((each) => el("option", { value: each }, t(`kind_${each}`))));
  const [called, mchid, bound] = [name(), number(), apps()];
  const add = acting(async (event) => {
    const made = await post("merchants", given({ mchid, called, bound, kind: kind.value }));
    say(t("added", { mchid: made.mchid }));
    event.target.reset();
    await refresh();
  });
  return el("form.card.form", { submit: add },
    el("h2", t("add_merchant")),
    el("div.fields", field(t("merchant_kind"), kind), field(t("merchant_name"), called), field(t("mchid"), mchid, t("mchid_hint")), field(t("apps"), bound, t("apps_hint"))),
    el("div.row-of", el("button.primary", { type: "submit", id: "add-merchant" }, t("add_merchant"))),
  );
}

function subForm(partner, refresh) {
  const [called, mchid, bound] = [name(), number(), apps()];
  const add = acting(async () => {
    const made = await post(`merchants/${part(partner)}/sub-merchants`, given({ mchid, called, bound }));
    say(t("added", { mchid: made.mchid }));
    await refresh();
  });
  return el("form.form", { submit: add },
    el("div.fields", field(t("merchant_name"), called), field(t("mchid"), mchid, t("mchid_hint")), field(t("apps"), bound, t("apps_hint_sub"))),
    el("div.row-of", el("button.primary", { type: "submit", id: `add-sub-${partner}` }, t("add_sub"))),
  );
}

/** Changes the limits and the name of a merchant or sub-merchant. */
function changeForm(party, refresh) {
  const called = name();
  called.value = party.name;
  const limit = (fen) => el("input", { inputmode: "numeric", pattern: "[1-9][0-9]*", autocomplete: "off", value: fen ?? "" });
  const [once, daily] = [limit(party.payment_limit), limit(party.daily_limit)];
  const frozen = el("input", { type: "checkbox", checked: party.frozen });
  const change = acting(async () => {
    const fen = (input) => (input.value ? Number(input.value) : null);
    await patch(`merchants/${part(party.mchid)}`, { name: called.value, frozen: frozen.checked, payment_limit: fen(once), daily_limit: fen(daily) });
    say(t("changed", { mchid: party.mchid }));
    await refresh();
  });
  return el("form.form", { submit: change },
    el("div.fields", field(t("merchant_name"), called), field(t("payment_limit"), once, t("limit_hint")), field(t("daily_limit"), daily, t("limit_hint")), field(t("freeze"), frozen)),
    el("div.row-of", el("button.primary", { type: "submit", id: `change-${party.mchid}` }, t("change_merchant"))),
  );
}

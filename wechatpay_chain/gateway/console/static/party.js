// The selected merchant or sub-merchant, which filters lists and pages.

import { get } from "./api.js";
import { el, show } from "./dom.js";
import { t } from "./i18n.js";

const KEPT = "gateway_party";

let merchants = [];
let chosen = sessionStorage.getItem(KEPT) ?? "";

/** The numbers of the selected merchant and sub-merchant; empty for all. */
export function party() {
  const [mchid = "", sub_mchid = ""] = chosen.split("/");
  return { mchid, sub_mchid };
}

/** Returns a path of the gateway with the selected merchant. */
export function scoped(path) {
  const query = new URLSearchParams(Object.entries(party()).filter(([, value]) => value)).toString();
  return query ? `${path}${path.includes("?") ? "&" : "?"}${query}` : path;
}

/** Returns the URL parameter for the merchant of a record; empty if there is only one merchant. */
export const whose = (mchid) => (mchid && merchants.length > 1 ? `?mchid=${mchid}` : "");

/** Selects another merchant. */
export function choose(mchid, sub = "") {
  chosen = sub ? `${mchid}/${sub}` : mchid;
  sessionStorage.setItem(KEPT, chosen);
}

/** Returns the field for the selection; it is visible if there are several merchants. */
export function picker(changed) {
  const select = el("select", { id: "party", "aria-label": t("party"), change: () => (choose(...select.value.split("/")), changed()) });
  const node = el("div.party", { hidden: true }, select);
  const fill = async () => {
    merchants = await get("merchants");
    const numbers = merchants.flatMap((one) => [one.mchid, ...one.sub_merchants.map((sub) => `${one.mchid}/${sub.mchid}`)]);
    if (!numbers.includes(chosen)) choose("");
    show(select, JSON.stringify([numbers, merchants.map((one) => one.name)]), options);
    select.value = chosen;
    node.hidden = numbers.length < 2;
  };
  return { node, fill };
}

function options() {
  const named = ({ mchid, name }) => (name ? `${mchid} · ${name}` : mchid);
  return [
    el("option", { value: "" }, t("party_all")),
    ...merchants.flatMap((one) => [
      el("option", { value: one.mchid }, named(one)),
      ...one.sub_merchants.map((sub) => el("option", { value: `${one.mchid}/${sub.mchid}` }, `\u2003↳ ${named(sub)}`)),
    ]),
  ];
}

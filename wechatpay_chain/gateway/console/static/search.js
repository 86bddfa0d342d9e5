// Search in all merchants: one field, and results by kind.

import { get, part } from "./api.js";
import { el, show } from "./dom.js";
import { moment } from "./format.js";
import { known, t } from "./i18n.js";
import { badge } from "./parts.js";
import { choose } from "./party.js";
import { label, load, product } from "./products.js";
import { stateBadge } from "./records.js";
import { address } from "./split.js";

const WAIT = 120;

export function search(root) {
  let [words, turn, timer] = ["", 0, 0];
  const input = el("input", {
    type: "search", id: "everything", "aria-label": t("search_all"), placeholder: t("search_all_hint"), autocomplete: "off", spellcheck: "false",
    input: () => (clearTimeout(timer), (timer = setTimeout(() => (remember(), find()), WAIT))),
  });
  const results = el("div.results", { "aria-live": "polite" });
  root.replaceChildren(el("div.page", el("header.head", el("h1", t("search"))), input, results));

  function remember() {
    history.replaceState(null, "", `#/search${input.value.trim() ? `?q=${part(input.value.trim())}` : ""}`);
  }

  async function find() {
    words = input.value.trim();
    const asked = ++turn;
    if (!product("refunds")) await load();
    const found = words ? await get(`console/search?q=${part(words)}`) : [];
    if (asked !== turn) return; // a later request was faster
    show(results, JSON.stringify([words, found]), () => {
      if (!words) return el("p.soft", t("search_all_text"));
      return found.length ? found.map((each) => group(each, words)) : el("p.soft", t("nothing_found"));
    });
  }

  return {
    async go(_, query) {
      if (query.has("q")) input.value = query.get("q");
      input.focus();
      await find();
    },
    refresh: find,
  };
}

function group({ kind, items, more }, words) {
  const title = product(kind) ? label(kind) : t(kind);
  const rest = product(kind) ? `#/records?product=${kind}&q=${part(words)}` : `#/${kind}?q=${part(words)}`;
  return el("section.card", el("h2", title), el("ul.rows.inside", items.map((item) => el("li", line(kind, item)))), more && el("p", el("a", { href: rest }, t("search_more"), " ›")));
}

function line(kind, item) {
  const isRecord = Boolean(product(kind));
  const href = kind === "merchants" ? "#/merchants" : isRecord ? address("records", [kind, item.id], item.mchid) : address(kind, item.id, kind === "requests" ? "" : item.mchid);
  const mark = kind === "requests" ? badge(item.ok ? "good" : "bad", String(item.status ?? "—")) : item.state && (kind === "orders" || kind === "notifications" ? badge(item.state, known(item.state) || item.state) : stateBadge(item.state));
  const isNamed = kind === "requests" || kind === "notifications";
  const about = [isNamed ? "" : item.about, item.sub_mchid || item.mchid].filter(Boolean).join(" · ");
  const click = kind === "merchants" ? () => choose(item.mchid, item.id === item.mchid ? "" : item.id) : null;
  return el("a.row", { href, click },
    el("span.line", item.amount && el("b.amount", item.amount), el("span.path", isNamed ? item.about : item.id), mark),
    el("span.line.soft", el("span.what", about), item.time && el("time", moment(item.time))),
  );
}

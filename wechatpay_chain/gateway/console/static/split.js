// A list beside the details of one item; on a phone, one of the two.

import { el, list, show, shows } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./parts.js";
import { whose } from "./party.js";

/** Returns the URL of an item: `orders/N1?mchid=1900000109`. */
export const address = (view, key, mchid = "") => `#/${view}/${[key].flat().map(encodeURIComponent).join("/")}${whose(mchid)}`;

/**
 * Creates the view of one kind of items.
 * @param {object} kind
 *   `name`; `search` placeholder; `all(words)` and `one(key, query)` fetch from the gateway;
 *   `key(item)`, one name or several, and `row(item)` create a line; `detail(thing, refresh)` creates
 *   the details; `empty()` returns the text of an empty list; `still` is true if an item never
 *   changes; `actions(load)` returns more buttons for the head; `asked(query)` reads other parameters of
 *   the URL, and `tells()` writes them; `special(key)` creates a view without an item, if there is one
 */
export function split(kind) {
  return (root) => {
    let [key, id, words, mchid, asked] = [[], "", "", "", 0];
    const rows = el("ol.rows", { keydown: move, "aria-label": t(kind.name) });
    const nothing = el("div.nothing", { hidden: true });
    const input = el("input", {
      type: "search", placeholder: kind.search(), "aria-label": t("search"), id: "search",
      autocomplete: "off", spellcheck: "false", input: () => ((words = input.value.trim()), remember(), load()),
    });
    const detail = el("div.pane.detail", { tabindex: "-1" });
    const body = el("div.inner");
    const back = el("a.back", { href: `#/${kind.name}` }, "‹ ", t("back"));
    detail.append(back, body);
    const extra = kind.actions?.(() => load()) ?? [];
    const head = el("header.head", el("h1", t(kind.name)), el("div.tools", input, ...extra));
    const view = el("div.split", el("div.pane.list", head, rows, nothing), detail);
    root.replaceChildren(view);

    function remember() {
      const told = Object.entries({ q: words, mchid, ...kind.tells?.() }).filter(([, value]) => value);
      const query = told.length ? `?${new URLSearchParams(told)}` : "";
      history.replaceState(null, "", `#/${kind.name}${id && `/${key.map(encodeURIComponent).join("/")}`}${query}`);
    }

    function move(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const links = [...rows.querySelectorAll("a.row")];
      const next = links[links.indexOf(document.activeElement) + step];
      if (!step || !next) return;
      event.preventDefault();
      next.focus();
    }

    function mark() {
      for (const row of rows.querySelectorAll("a.row")) {
        const [path, query = ""] = row.getAttribute("href").split("?");
        const isHere = path === address(kind.name, key) && (!mchid || !query || query === `mchid=${mchid}`);
        if (id && isHere) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
      }
      view.classList.toggle("chosen", Boolean(id));
    }

    async function load() {
      const turn = ++asked;
      const items = await kind.all(words);
      if (turn !== asked) return; // a later request was faster
      const link = (item) => address(kind.name, kind.key(item), item.mchid);
      list(rows, items, link, (item) => el("li", el("a.row", { href: link(item) }, kind.row(item))));
      nothing.hidden = items.length > 0;
      rows.hidden = !items.length;
      if (!items.length) show(nothing, `${Boolean(words)}`, () => (words ? el("p.soft", t("nothing_found")) : kind.empty()));
      mark();
    }

    async function fill() {
      const wanted = id;
      if (!wanted) return show(body, "none", () => el("p.pick", icon(kind.name), t("pick")));
      const special = await kind.special?.(key);
      if (wanted !== id) return;
      if (special) return show(body, `special ${wanted}`, special);
      if (kind.still && shows(body, `still ${wanted}`)) return;
      let thing = null;
      try {
        thing = await kind.one(key, mchid && `?mchid=${mchid}`);
      } catch (error) {
        if (error.status !== 404) throw error;
      }
      if (wanted !== id) return;
      if (!thing) return show(body, `gone ${wanted}`, () => el("p.pick", t("not_there")));
      const version = kind.still ? `still ${wanted}` : JSON.stringify(thing);
      show(body, version, () => kind.detail(thing, refresh));
    }

    const refresh = () => Promise.all([load(), fill()]);

    return {
      async go(chosen, query) {
        mchid = query.get("mchid") ?? "";
        key = chosen;
        const wanted = key.length ? [mchid, ...key].join(" ") : "";
        const isOther = wanted !== id;
        id = wanted;
        kind.asked?.(query);
        if (query.has("q")) words = input.value = query.get("q");
        if (isOther) detail.scrollTop = 0;
        await refresh();
        mark();
        const narrow = getComputedStyle(back).display !== "none";
        if (isOther && id && narrow) detail.focus();
      },
      refresh,
    };
  };
}

// A list beside one of its things in full; on a telephone one or the other.

import { el, list, show, shows } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./parts.js";

/**
 * A view of one kind of thing.
 * @param {object} kind
 *   `name`; `search` placeholder; `all(words)` and `one(id)` ask the gateway;
 *   `key(item)`, `row(item)` make a line; `detail(thing)` makes the full view;
 *   `empty()` what is shown where there is none; `still` whether a thing never changes;
 *   `actions()` more for the head; `special` views by the name they have instead of an id
 */
export function split(kind) {
  return (root) => {
    let [id, words, asked] = ["", "", 0];
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
      const query = words ? `?q=${encodeURIComponent(words)}` : "";
      history.replaceState(null, "", `#/${kind.name}${id ? `/${encodeURIComponent(id)}` : ""}${query}`);
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
        if (row.parentElement.dataset.key === id) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
      }
      view.classList.toggle("chosen", Boolean(id));
    }

    async function load() {
      const turn = ++asked;
      const items = await kind.all(words);
      if (turn !== asked) return; // a later question was faster
      const make = (item) => el("li", el("a.row", { href: `#/${kind.name}/${encodeURIComponent(kind.key(item))}` }, kind.row(item)));
      list(rows, items, kind.key, make);
      nothing.hidden = items.length > 0;
      rows.hidden = !items.length;
      if (!items.length) show(nothing, `${Boolean(words)}`, () => (words ? el("p.soft", t("nothing_found")) : kind.empty()));
      mark();
    }

    async function fill() {
      const wanted = id;
      if (!wanted) return show(body, "none", () => el("p.pick", icon(kind.name), t("pick")));
      const special = kind.special?.[wanted];
      if (special) return show(body, `special ${wanted}`, special);
      if (kind.still && shows(body, `still ${wanted}`)) return;
      let thing = null;
      try {
        thing = await kind.one(wanted);
      } catch (error) {
        if (error.status !== 404) throw error;
      }
      if (wanted !== id) return;
      if (!thing) return show(body, `gone ${wanted}`, () => el("p.pick", t("not_there")));
      const version = kind.still ? `still ${wanted}` : JSON.stringify(thing);
      show(body, version, () => kind.detail(thing));
    }

    return {
      async go([chosen = ""], query) {
        const isOther = chosen !== id;
        id = chosen;
        if (query.has("q")) words = input.value = query.get("q");
        if (isOther) detail.scrollTop = 0;
        await Promise.all([load(), fill()]);
        mark();
        const narrow = getComputedStyle(back).display !== "none";
        if (isOther && id && narrow) detail.focus();
      },
      refresh: () => Promise.all([load(), fill()]),
    };
  };
}

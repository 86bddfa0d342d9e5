// The search page. All texts of the site are in `searchData` (see `search.py`): a word is looked
// for in each of them as it stands, so Chinese needs no dictionary, and a part of a path is enough.
(() => {
  "use strict";

  const PAGE = 30; // results that are shown at once

  const labels = JSON.parse(document.getElementById("wx-labels").textContent);

  const KINDS = [
    ["all", "search_all"],
    ["operation", "search_operations"],
    ["notification", "search_notifications"],
    ["guide", "search_guides"],
    ["python", "search_python"],
  ];

  // What a find in each place is worth. A title says what a page is about; a member says little.
  const WORTH = { title: 100, path: 60, product: 40, order: 25, member: 12, text: 8 };

  const plain = (text) => text.normalize("NFKC").toLowerCase();

  // `faceCollections`, `face-collections` and `face_collections` are the same name.
  const squashed = (text) => plain(text).replace(/[^\p{L}\p{N}]/gu, "");

  // Built from the data once, so that a key press costs no more than the looking.
  function prepared(data) {
    const vocabulary = data.vocabulary.map(plain);
    const operations = data.operations.map(([title, method, path, product, url, retired, members]) => ({
      kind: "operation", title, method, where: path, isCode: true, product, url, retired, members,
      inTitle: plain(title), inPath: plain(`${method} ${path}`), segments: plain(path).split("/"), squash: squashed(path),
      inProduct: plain(product),
    }));
    const notifications = data.notifications.map(([title, event, protocol, url, members]) => ({
      kind: "notification", title, where: event, isCode: true, product: labels.notification_of.replace("{protocol}", protocol), url, members,
      inTitle: plain(title.replace(`(${event})`, "")), inPath: plain(`POST ${event}`), squash: squashed(event),
      inProduct: plain(labels.notification_of.split(" ")[0]),
    }));
    const products = data.products.map(([path, tags, url]) => ({
      kind: "operation", title: path, where: tags.split(" ").join(" · "), url, isProduct: true,
      inTitle: plain(path), inPath: plain(path), squash: squashed(path), inProduct: plain(tags),
    }));
    const sections = data.sections.map(([page, title, url, text]) => ({
      kind: url.startsWith("api/") ? "python" : "guide", title: title || page, where: title ? page : "",
      url, text, inTitle: plain(title || page), inPath: "", squash: "", inProduct: plain(page),
      inText: plain(text),
    }));
    const names = data.names.map(([name, kind, url]) => ({
      kind: "python", title: name.replace(/^wechatpay_chain\./, ""), where: kind, url,
      inTitle: plain(name), inPath: "", squash: squashed(name), inProduct: "",
    }));
    return { vocabulary, words: data.vocabulary,
      pages: [...products, ...operations, ...notifications, ...names, ...sections] };
  }

  function inOrder(word, text) {
    let at = -1;
    for (const letter of word) {
      at = text.indexOf(letter, at + 1);
      if (at < 0) return false;
    }
    return true;
  }

  const isChinese = (text) => /\p{Script=Han}/u.test(text);

  // What one word is worth on one page; 0 where it does not occur.
  function worth(page, { word, squash, members }) {
    if (page.inTitle === word || page.inPath.endsWith(` ${word}`)) return 2 * WORTH.title;
    if (page.inTitle.startsWith(word)) return WORTH.title + 10;
    if (page.inTitle.includes(word)) return WORTH.title;
    if (page.segments && page.segments.includes(word)) return WORTH.path + 15;
    if (page.inPath.includes(word)) return WORTH.path;
    if (squash.length > 2 && page.squash.includes(squash)) return WORTH.path - 5;
    if (page.inProduct.includes(word)) return WORTH.product;
    if (isChinese(word) && word.length > 2 && inOrder(word, page.inTitle)) return WORTH.order;
    if (page.members && page.members.some((number) => members.has(number))) return WORTH.member;
    if (page.inText && page.inText.includes(word)) return WORTH.text;
    return 0;
  }

  function found(data, query) {
    const words = query.split(/\s+/).map(plain).filter(Boolean).map((word) => ({
      word: word.replace(/^wxpay\./, ""),
      squash: squashed(word.replace(/^wxpay\./, "")),
      members: new Set(data.vocabulary.flatMap((text, number) => (text.includes(word) ? [number] : []))),
    }));
    if (!words.length) return { words, results: [] };
    const results = [];
    for (const page of data.pages) {
      let sum = 0;
      for (const word of words) {
        const one = worth(page, word);
        if (!one) { sum = 0; break; }
        sum += one;
      }
      if (!sum) continue;
      if (page.retired) sum -= 30;
      if (page.isProduct) sum += 5;
      if (page.kind === "operation") sum += 2;
      results.push({ page, sum });
    }
    results.sort((a, b) => b.sum - a.sum || a.page.title.length - b.page.title.length);
    return { words, results: results.map(({ page }) => page) };
  }

  // Drawing: everything is put in as text, never as markup.

  function make(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  function marked(text, words) {
    const wanted = words.map(({ word }) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const parts = text.split(new RegExp(`(${wanted.join("|")})`, "iu"));
    return parts.map((part, index) => (index % 2 ? make("mark", "", part) : part));
  }

  function excerpt(page, words) {
    const at = Math.min(...words.map(({ word }) => page.inText.indexOf(word)).filter((one) => one >= 0));
    const start = Number.isFinite(at) ? Math.max(0, at - 40) : 0;
    const text = page.text.slice(start, start + 160);
    return `${start ? "…" : ""}${text}${page.text.length > start + 160 ? "…" : ""}`;
  }

  function membersOf(page, words, data) {
    const shown = (page.members || []).filter((number) => words.some(({ members }) => members.has(number)));
    return shown.slice(0, 4).map((number) => data.words[number]).join(" · ");
  }

  function item(page, words, data, root) {
    const link = make("a", "", ...marked(page.title, words));
    link.href = root + page.url;
    const head = make("div", "");
    if (page.method) head.append(make("span", `wx-method wx-${page.method.toLowerCase()}`, page.method));
    head.append(link);
    if (page.product) head.append(make("span", "wx-chip", ...marked(page.product, words)));
    if (page.retired) head.append(make("span", "wx-chip wx-retired", labels.retired));
    const made = make("li", "", head);
    if (page.where) {
      const inner = make(page.isCode ? "code" : "span", "", ...marked(page.where, words));
      made.append(make("div", "wx-where", inner));
    }
    const text = page.text !== undefined ? excerpt(page, words) : membersOf(page, words, data);
    if (text) made.append(make("p", "", ...marked(text, words)));
    return made;
  }

  function start() {
    const box = document.getElementById("search");
    const data = prepared(window.searchData);
    const root = document.documentElement.dataset.content_root;
    const input = box.querySelector("input");
    const kinds = box.querySelector(".wx-kinds");
    const hint = box.querySelector(".wx-hint");
    const list = box.querySelector(".wx-results");
    const more = box.querySelector(".wx-more");
    const asked = new URLSearchParams(location.search);
    let kind = KINDS.some(([key]) => key === asked.get("kind")) ? asked.get("kind") : "all";
    let shown = PAGE;

    const buttons = KINDS.map(([key, name]) => {
      const label = labels[name];
      const button = make("button", "", label);
      button.type = "button";
      button.addEventListener("click", () => { kind = key; shown = PAGE; draw(); });
      kinds.append(button);
      return { key, label, button };
    });

    function draw() {
      const query = input.value.trim();
      const { words, results } = found(data, query);
      const chosen = results.filter((page) => kind === "all" || page.kind === kind);
      for (const { key, label, button } of buttons) {
        const count = results.filter((page) => key === "all" || page.kind === key).length;
        button.textContent = query ? `${label} ${count}` : label;
        button.setAttribute("aria-pressed", String(key === kind));
      }
      list.replaceChildren(...chosen.slice(0, shown).map((page) => item(page, words, data, root)));
      more.hidden = chosen.length <= shown;
      hint.textContent = !query ? labels.search_examples
        : chosen.length ? "" : labels.search_nothing;
      const address = new URLSearchParams(query ? { q: query } : {});
      if (kind !== "all") address.set("kind", kind);
      history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
      document.title = [...(query ? [query] : []), labels.search, "wechatpay-chain"].join(" - ");
    }

    input.value = asked.get("q") || "";
    input.addEventListener("input", () => { shown = PAGE; draw(); });
    more.addEventListener("click", () => { shown += PAGE; draw(); });
    box.hidden = false;
    draw();
    input.focus();
  }

  document.addEventListener("DOMContentLoaded", start);
})();

// Small comforts: a button that copies a block of code, the filter of the list of products, and
// the place that is kept when the language is switched.
(() => {
  "use strict";

  const labels = JSON.parse(document.getElementById("wx-labels").textContent);

  function button(text) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "wx-copy";
    made.textContent = labels.copy;
    made.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text());
      made.textContent = labels.copied;
      setTimeout(() => (made.textContent = labels.copy), 1200);
    });
    return made;
  }

  function addCopying() {
    if (!navigator.clipboard) return; // a page that was opened from a disk, in some browsers
    for (const block of document.querySelectorAll("div.highlight")) {
      const code = block.querySelector("pre");
      if (code) block.append(button(() => code.textContent.trimEnd()));
    }
    for (const line of document.querySelectorAll(".wx-line")) {
      const address = line.querySelector("code");
      if (line.querySelector(".wx-base")) line.append(button(() => address.textContent));
    }
  }

  function addFilter() {
    const input = document.querySelector(".wx-filter");
    const items = [...document.querySelectorAll(".wx-products > li")];
    if (!input || !items.length) return;
    const texts = items.map((item) => item.textContent.toLowerCase());
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      items.forEach((item, index) => {
        item.hidden = !words.every((word) => texts[index].includes(word));
      });
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !input.value.trim()) return;
      const root = document.documentElement.dataset.content_root;
      location.href = `${root}search.html?q=${encodeURIComponent(input.value.trim())}`;
    });
  }

  // Sections of generated pages have the same names in both languages, and a query stays a query.
  function keepPlace() {
    const link = document.querySelector(".wx-switch");
    if (!link) return;
    const twin = link.getAttribute("href");
    link.addEventListener("click", () => {
      const shared = /\/(?:reference|api)\//.test(location.pathname);
      link.setAttribute("href", twin + location.search + (shared ? location.hash : ""));
    });
  }

  // What scrolls must scroll by the keyboard too.
  function reachScrolling() {
    for (const each of document.querySelectorAll("pre, .table-wrapper")) {
      const hidden = each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight;
      if (hidden) each.tabIndex = 0;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    reachScrolling();
    addEventListener("resize", reachScrolling);
    document.addEventListener("change", reachScrolling); // a tab that was hidden
    keepPlace();
    addCopying();
    addFilter();
  });
})();

// Small comforts: a button that copies a block of code, and the filter of the list of products.
(() => {
  "use strict";

  const DONE = "✓";

  function button(text) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "wx-copy";
    made.textContent = "复制 Copy";
    made.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text());
      const before = made.textContent;
      made.textContent = DONE;
      setTimeout(() => (made.textContent = before), 1200);
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

  document.addEventListener("DOMContentLoaded", () => {
    addCopying();
    addFilter();
  });
})();

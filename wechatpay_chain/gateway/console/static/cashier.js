// The cashier: buttons without a page load, a countdown, and live updates of the order's state.
// The server renders the page; updates take the changed parts from a newly rendered page.

import { copy, keepingFocus, say } from "./dom.js";
import { listen } from "./live.js";

const status = document.querySelector(".live");
const address = location.pathname.replace(/(&.*|\/(pay|fail|expire))$/, "");
const main = () => document.querySelector("main");

let made = main().cloneNode(true); // as rendered by the server, before changes by the script
let ends = 0;
let asked = false;
let busy = false; // a disabled button would lose the focus

function start({ left, scale } = main().dataset) {
  ends = Number(left) > 0 ? performance.now() + (Number(left) / Number(scale)) * 1000 : 0;
  asked = false;
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  tick();
}

function tick() {
  const line = document.querySelector(".countdown");
  const seconds = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
  line.hidden = !ends || seconds > 24 * 3600;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  line.textContent = parts.map((part) => String(part).padStart(2, "0")).join(":");
  if (ends && !seconds && !asked) {
    asked = true; // expired: the server has the current state
    setTimeout(refresh, 500);
  }
}

async function take(response) {
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const next = fresh.querySelector("main");
  if (!next?.dataset.state) return location.reload(); // the order is gone, or the gateway was replaced
  document.title = fresh.title;
  const { left, scale } = next.dataset;
  next.dataset.left = made.dataset.left;
  if (next.isEqualNode(made)) return start({ left, scale }); // keep buttons that are being pressed
  Object.assign(next.dataset, { left });
  made = withoutAlert(next);
  const old = main();
  const held = old.contains(document.activeElement);
  keepingFocus(document.body, () => old.replaceWith(document.adoptNode(next)));
  start();
  if (old.dataset.state === next.dataset.state) return;
  const badge = document.querySelector(".badge");
  say(badge.textContent);
  if (held && !next.contains(document.activeElement)) badge.focus(); // the focused button is gone
}

/** Returns a copy without the alert, which stays until the order changes. */
function withoutAlert(node) {
  const copied = node.cloneNode(true);
  copied.querySelector(".alert")?.remove();
  copied.normalize();
  return copied;
}

async function refresh() {
  try {
    await take(await fetch(location.pathname, { headers: { Accept: "text/html" } }));
  } catch {
    // Offline: the stream shows this, and fetches again after it reconnects.
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  try {
    await take(await fetch(event.target.action, { method: "POST", headers: { Accept: "text/html" } }));
  } catch (error) {
    say(String(error), "bad");
    await refresh();
  } finally {
    busy = false;
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await copy(button.dataset.copy);
  say(button.dataset.copied);
});

function live(isLive) {
  status.hidden = false;
  status.classList.toggle("off", !isLive);
  status.textContent = isLive ? status.dataset.live : status.dataset.offline;
}

start();
setInterval(tick, 500);
listen(`${address}/events`, { change: refresh, state: live });

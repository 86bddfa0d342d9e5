// The console: its frame, and which view is in it. The address behind the # says which.

import { get, post } from "./api.js";
import { el, say } from "./dom.js";
import { duration, moment, time } from "./format.js";
import { other, t, tag, use } from "./i18n.js";
import { listen } from "./live.js";
import { acting, icon } from "./parts.js";
import { connect } from "./connect.js";
import { faults } from "./faults.js";
import { notifications } from "./notifications.js";
import { orders, refunds } from "./orders.js";
import { requests } from "./requests.js";

const VIEWS = { requests, orders, refunds, notifications, faults, connect };
const STEPS = { minute: 60, hour: 3600, day: 86400 };

let clock = { now: Date.now() / 1000, scale: 1, at: performance.now() };
let view = null;
let shown = "";
let isLive = null;
let root = null;

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decoded);
  return { name: Object.hasOwn(VIEWS, name) ? name : "requests", rest, query: new URLSearchParams(query) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function go() {
  const { name, rest, query } = place();
  if (name !== shown) {
    shown = name;
    view = VIEWS[name](root);
    for (const link of document.querySelectorAll(".side a")) {
      if (link.dataset.name === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
  document.title = `${t(name)} · ${t("title")}`;
  await attempt(() => view.go?.(rest, query));
}

/** Offline is said by the light in the head; anything else is worth a word. */
async function attempt(act) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof TypeError)) say(`${t("failed")}: ${error.message}`, "bad");
  }
}

const gatewayNow = () => clock.now + ((performance.now() - clock.at) / 1000) * clock.scale;

function tick() {
  const now = gatewayNow();
  const ahead = now - Date.now() / 1000;
  const face = document.querySelector(".clock .face");
  face.textContent = time(now);
  face.title = moment(now);
  document.querySelector(".clock .ahead").textContent = ahead > 2 ? t("ahead", { time: duration(ahead) }) : moment(now);
  document.querySelector(".clock").classList.toggle("moved", ahead > 2);
}

function light(live = isLive) {
  isLive = live;
  const node = document.querySelector(".live");
  node.hidden = live === null;
  node.classList.toggle("off", live === false);
  node.textContent = live ? t("live") : t("offline");
}

async function advance(name) {
  await post("clock", { seconds: STEPS[name] });
  setClock(await get("console/client"));
  say(t("advanced", { time: t(name) }));
  await view.refresh?.();
}

function setClock({ now, scale }) {
  clock = { now, scale, at: performance.now() };
  tick();
}

function clockMenu() {
  const buttons = Object.keys(STEPS).map((name) =>
    el("button", { type: "button", id: `advance-${name}`, click: acting(() => advance(name)) }, "+ ", t(name)),
  );
  const menu = el("details.clock", { keydown: escape },
    el("summary", { "aria-label": t("clock") }, icon("clock"), el("span.face")),
    el("div.menu", el("strong", t("clock")), el("p.ahead"), el("p.soft", t("clock_text")), el("p.soft", t("advance")), el("div.row-of", buttons)),
  );
  document.addEventListener("click", (event) => menu.contains(event.target) || (menu.open = false));
  return menu;
}

function escape(event) {
  if (event.key !== "Escape") return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary").focus();
}

function language() {
  use(other());
  frame();
  go();
  document.getElementById("language").focus();
}

/** Everything around the views; made anew in another language. */
function frame() {
  shown = "";
  root = el("main", { id: "main", tabindex: "-1" });
  const links = Object.keys(VIEWS).map((name) =>
    el("a", { href: `#/${name}`, "data-name": name }, icon(name), el("span", t(name))),
  );
  const mark = el("img", { src: "/_gateway/static/icon.svg", alt: "", width: "26", height: "26" });
  document.body.replaceChildren(
    el("a.skip", { href: "#main", click: (event) => (event.preventDefault(), root.focus()) }, t("skip")),
    el("header.top",
      el("p.brand", mark, el("span", t("title"))),
      el("p.live", { role: "status", hidden: true }),
      el("div.right", clockMenu(), el("button.quiet", { type: "button", id: "language", lang: tag(other()), click: language }, t("other"))),
    ),
    el("nav.side", { "aria-label": t("navigation") }, links),
    root,
  );
  tick();
  light();
}

frame();
addEventListener("hashchange", go);
setInterval(tick, 1000);
go();
listen("/_gateway/events", { change: () => attempt(() => view?.refresh?.()), state: light, time: setClock });

// The console: its frame, and the view that the part of the URL after the # selects.

import { get, post } from "./api.js";
import { el, say } from "./dom.js";
import { duration, moment, time } from "./format.js";
import { other, t, tag, use } from "./i18n.js";
import { listen } from "./live.js";
import { acting, icon } from "./parts.js";
import { bills } from "./bills.js";
import { connect } from "./connect.js";
import { faults } from "./faults.js";
import { merchants } from "./merchants.js";
import { money } from "./money.js";
import { notifications } from "./notifications.js";
import { orders } from "./orders.js";
import { picker } from "./party.js";
import { records } from "./records.js";
import { requests } from "./requests.js";
import { search } from "./search.js";

const VIEWS = { requests, orders, records, money, notifications, bills, merchants, faults, connect, search };
const FIRST = 4; // views that fit on a phone; the others are behind a button
const STEPS = { minute: 60, hour: 3600, day: 86400 };

let clock = { now: Date.now() / 1000, scale: 1, at: performance.now() };
let view = null;
let shown = "";
let turns = 0;
let isLive = null;
let root = null;
let parties = null;

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
    for (const link of document.querySelectorAll("a[data-name]")) {
      if (link.dataset.name === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
  document.title = `${t(name)} · ${t("title")}`;
  unfold(false);
  await attempt(async () => {
    const turn = ++turns;
    await parties.fill();
    if (turn === turns) await view.go?.(rest, query); // otherwise, the user has changed the view
  });
}

/** Shows an error, except a lost connection, which the indicator in the header shows. */
async function attempt(act) {
  try {
    await act();
  } catch (error) {
    if (error.isOffline) return;
    say(`${t("failed")}: ${error.message}`, "bad");
    if (!error.status) console.error(error); // not from a response: a defect of a script
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
    el("summary", icon("clock"), el("span.offscreen", `${t("clock")} `), el("span.face")),
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

/** Shows or hides the views that do not fit on a phone. */
function unfold(isOpen = !document.querySelector(".side").classList.contains("open")) {
  document.querySelector(".side").classList.toggle("open", isOpen);
  document.getElementById("more").setAttribute("aria-expanded", String(isOpen));
}

/** Moves the focus to the search on `/` or Ctrl+K, unless a text field has it. */
function shortcut(event) {
  const isWriting = event.target.closest?.("input, textarea, select");
  const isAsked = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !isWriting && !event.ctrlKey && !event.altKey);
  if (!isAsked) return;
  event.preventDefault();
  if (shown === "search") document.getElementById("everything").focus();
  else location.hash = "#/search";
}

/** Renders the frame around the views; again after a change of the language. */
function frame() {
  shown = "";
  root = el("main", { id: "main", tabindex: "-1" });
  parties = picker(go);
  const names = Object.keys(VIEWS).filter((name) => name !== "search");
  const links = names.map((name, index) =>
    el(index < FIRST ? "a" : "a.rest", { href: `#/${name}`, "data-name": name }, icon(name), el("span", t(name))),
  );
  const more = el("button.quiet.unfold", { type: "button", id: "more", "aria-expanded": "false", click: () => unfold() }, icon("more"), el("span", t("more")));
  const mark = el("img", { src: "/_gateway/static/icon.svg", alt: "", width: "26", height: "26" });
  document.body.replaceChildren(
    el("a.skip", { href: "#main", click: (event) => (event.preventDefault(), root.focus()) }, t("skip")),
    el("header.top",
      el("p.brand", mark, el("span", t("title"))),
      el("p.live", { role: "status", hidden: true }),
      parties.node,
      el("div.right",
        el("a.quiet.find", { href: "#/search", id: "find", "data-name": "search", "aria-keyshortcuts": "/", "aria-label": t("search_all") }, icon("search"), el("span", t("search")), el("kbd", { "aria-hidden": "true" }, "/")),
        clockMenu(), el("button.quiet", { type: "button", id: "language", lang: tag(other()), click: language }, t("other"))),
    ),
    el("nav.side", { "aria-label": t("navigation") }, links, more),
    root,
  );
  tick();
  light();
}

frame();
addEventListener("hashchange", go);
addEventListener("keydown", shortcut);
setInterval(tick, 1000);
go();
listen("/_gateway/events", { change: () => attempt(() => view?.refresh?.()), state: light, time: setClock });

// The diagram of a day's money: accounts as boxes in four layers, and the flows between them as
// arrows. External accounts are drawn twice: as a source on one side, and as a target on the other.

import { account, entryKind } from "./timeline.js";
import { visible } from "./dom.js";
import { t } from "./i18n.js";
import { yuan } from "./members.js";

const SVG = "http://www.w3.org/2000/svg";
const LAYERS = { in: 0, own: 1, pending: 2, out: 3 };
const MOST_LANES = 30;
const MOST_LABELS = 24;
const WIDE = { along: 176, across: 44, gap: 10, edge: 8, port: 19, title: 30 };
const TALL = { along: 58, across: 150, most: 4, gap: 6, between: 72, edge: 8 };

function draw(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.map((each) => (each instanceof Node ? each : visible(each))));
  return node;
}

/**
 * Returns the diagram as an SVG element.
 * @param {object} day `accounts` and `flows` from the gateway
 * @param {number} width the width in pixels; a narrow diagram has its layers below each other
 * @param {string} chosen the account with highlighted flows; empty for none
 */
export function picture({ accounts, flows }, width, chosen) {
  const isTall = width < 640;
  const owners = new Set(accounts.map(({ account: name }) => name.split(":")[1]).filter(Boolean));
  const together = owners.size > (isTall ? 1 : MOST_LANES);
  const nodes = new Map();
  const roles = new Map(accounts.map((each) => [each.account, each.role]));
  const found = join(flows.map((flow) => ({ ...flow, from: end(flow.source, "in", flow.target), to: end(flow.target, "out", flow.source) })));

  function end(name, side, other) {
    const [kind, owner] = name.split(":");
    const role = roles.get(name) ?? "own";
    const isOutside = role === "outside";
    const lane = isTall || together ? "" : ((isOutside ? other : name).split(":")[1] ?? "");
    const id = isOutside ? `${side} ${kind} ${lane}` : owner && together ? `${kind}:*` : name;
    if (!nodes.has(id)) nodes.set(id, { id, kind, lane, names: new Set(), isMany: Boolean(owner && together), layer: LAYERS[isOutside ? side : role] });
    nodes.get(id).names.add(name);
    return nodes.get(id);
  }

  const crowd = Math.max(0, ...[...Map.groupBy(found, (edge) => edge.to.lane).values()].map((each) => each.length));
  const edges = isTall || crowd > MOST_LABELS ? join(found, false) : found;

  for (const { account: name, role, opening, change } of accounts) {
    if (role !== "outside" && (opening || change)) end(name, "", "");
  }
  const balances = new Map(accounts.map((each) => [each.account, each.opening + each.change]));
  for (const node of nodes.values()) {
    const passed = edges.filter((edge) => edge.from === node || edge.to === node).reduce((sum, edge) => sum + edge.amount, 0);
    node.amount = node.layer === LAYERS.in || node.layer === LAYERS.out ? passed : [...node.names].reduce((sum, name) => sum + balances.get(name), 0);
  }
  const size = (isTall ? tall : wide)([...nodes.values()], edges, width);
  ports(nodes, edges, isTall);
  return drawn({ nodes, edges, size, isTall, chosen });
}

/** Joins the flows between two boxes, separately for each kind if `isByKind`. */
function join(flows, isByKind = true) {
  const found = new Map();
  for (const flow of flows) {
    const key = `${flow.from.id}>${flow.to.id}>${isByKind ? flow.kind : ""}`;
    const known = found.get(key);
    if (!known) found.set(key, { ...flow, kinds: new Set([flow.kind]) });
    else Object.assign(known, { amount: known.amount + flow.amount, count: known.count + flow.count, kinds: known.kinds.add(flow.kind) });
  }
  return [...found.values()];
}

const inside = (node) => node.layer === LAYERS.own || node.layer === LAYERS.pending;

/** Returns the larger number of arrows on a side of a box. */
function degree(node, edges) {
  const far = edges.filter((edge) => (edge.from === node ? edge.to.layer >= node.layer : edge.to === node && edge.from.layer >= node.layer)).length;
  return Math.max(far, edges.filter((edge) => edge.from === node || edge.to === node).length - far);
}

/**
 * Arranges layers from left to right, with a lane for the merchant and each sub-merchant.
 * Each account has its own row, so that arrows pass other layers where there is no box.
 */
function wide(nodes, edges, width) {
  const step = (width - WIDE.along - 2) / 3;
  const lanes = [...Map.groupBy(nodes, (node) => node.lane)].sort(([a], [b]) => (a < b ? -1 : 1));
  let y = WIDE.edge;
  for (const [owner, lane] of lanes) {
    if (lanes.length > 1) y += WIDE.title;
    lane.title = lanes.length > 1 && { y: y - 10, text: owner ? t("lane_sub", { mchid: owner }) : t("lane_own") };
    y += laid(lane, edges, step, y) + WIDE.gap;
  }
  return { width, height: y, titles: lanes.map(([, lane]) => lane.title).filter(Boolean) };
}

/** Places the boxes of a lane from a height on, and returns the height of the lane. */
function laid(lane, edges, step, top) {
  const tallness = (node) => Math.max(WIDE.across, WIDE.port * degree(node, edges) + 8);
  const needed = (column) => column.reduce((sum, node) => sum + tallness(node) + WIDE.gap, 0);
  const column = (nodes, spare) => {
    let y = top;
    for (const node of nodes) {
      place(node, 1 + node.layer * step, y, WIDE.along, tallness(node) + spare / nodes.length);
      y += node.height + WIDE.gap;
    }
  };
  const middles = lane.filter(inside).sort((a, b) => a.layer - b.layer);
  const sides = [LAYERS.in, LAYERS.out].map((layer) => lane.filter((node) => node.layer === layer));
  const height = Math.max(needed(middles), ...sides.map(needed));
  column(middles, 0);
  for (const side of sides) column(side, height - needed(side));
  return height;
}

/** Arranges layers from top to bottom, for a phone. */
function tall(nodes, _, width) {
  let y = TALL.edge;
  for (const layer of Object.values(LAYERS)) {
    const every = nodes.filter((node) => node.layer === layer);
    const rows = Math.ceil(every.length / TALL.most);
    for (let first = 0; first < every.length; first += Math.ceil(every.length / rows)) {
      const row = every.slice(first, first + Math.ceil(every.length / rows));
      const across = Math.min(TALL.across, (width - 2 - TALL.gap * (row.length - 1)) / row.length);
      const left = (width - row.length * across - TALL.gap * (row.length - 1)) / 2;
      row.forEach((node, index) => place(node, left + index * (across + TALL.gap), y, across, TALL.along));
      y += TALL.along + 3 * TALL.gap;
    }
    y += TALL.between - 3 * TALL.gap;
  }
  return { width, height: y - TALL.between + TALL.edge };
}

const place = (node, x, y, width, height) => Object.assign(node, { x, y, width, height });
const middle = (node, isTall) => (isTall ? node.x + node.width / 2 : node.y + node.height / 2);

/** Places the ends of arrows evenly along a side, in the order of their other ends. */
function ports(nodes, edges, isTall) {
  for (const edge of edges) {
    edge.isBack = edge.to.layer < edge.from.layer;
    edge.isLoop = edge.to.layer === edge.from.layer;
  }
  for (const node of nodes.values()) {
    for (const isFar of [true, false]) {
      // Forward arrows leave on the far side, where backward arrows arrive.
      const here = edges.flatMap((edge) => [
        edge.from === node && isFar === !edge.isBack ? [{ edge, what: "start", other: edge.to }] : [],
        edge.to === node && isFar === (edge.isBack || edge.isLoop) ? [{ edge, what: "stop", other: edge.from }] : [],
      ]).flat();
      here.sort((a, b) => middle(a.other, isTall) - middle(b.other, isTall));
      here.forEach(({ edge, what }, index) => {
        const share = (index + 1) / (here.length + 1);
        edge[what] = isTall
          ? [node.x + node.width * share, node.y + (isFar ? node.height : 0)]
          : [node.x + (isFar ? node.width : 0), node.y + node.height * share];
      });
    }
  }
}

function drawn({ nodes, edges, size, isTall, chosen }) {
  const most = Math.max(1, ...edges.map((edge) => edge.amount));
  const touches = (edge) => chosen && (edge.from.names.has(chosen) || edge.to.names.has(chosen));
  const arrows = edges.map((edge) => {
    const kind = edge.isBack || edge.isLoop ? "again" : edge.to.layer === LAYERS.out ? "out" : edge.from.layer === LAYERS.in ? "in" : "aside";
    const state = !chosen ? "" : touches(edge) ? " chosen" : " quiet";
    const thick = 1.5 + 8.5 * Math.sqrt(edge.amount / most);
    return draw("g", { class: `flow ${kind}${state}` },
      draw("title", {}, `${kindsOf(edge)}: ${title(edge.from)} → ${title(edge.to)}, ${yuan(edge.amount)}, ${t("entries_of", { count: edge.count })}`),
      draw("path", { d: curve(edge, isTall), "stroke-width": thick.toFixed(1) }),
      draw("path", { class: "head", d: head(edge, isTall, thick) }),
    );
  });
  const labels = isTall ? [] : edges.filter((edge) => !chosen || touches(edge)).map(label);
  const titles = (size.titles ?? []).map(({ y, text }) => draw("text", { class: "lane", x: 2, y }, text));
  const boxes = [...nodes.values()].map((node) => box(node, isTall, chosen));
  return draw("svg", { class: "picture", role: "img", "aria-label": t("picture"), viewBox: `0 0 ${size.width} ${size.height}`, width: size.width, height: size.height }, ...titles, ...arrows, ...boxes, ...labels);
}

const title = (node) => (node.isMany ? t("account_many", { name: account(node.kind), count: node.names.size }) : account(inside(node) ? node.id : node.kind));

/** Returns a curve within a gap between layers; it passes other layers in a straight line. */
function curve({ start, stop, isLoop, isBack, from, to }, isTall) {
  const [x1, y1] = start;
  const [x2, y2] = stop;
  if (isLoop) return isTall ? `M${x1},${y1}C${x1},${y1 + 40} ${x2},${y2 + 40} ${x2},${y2}` : `M${x1},${y1}C${x1 + 60},${y1} ${x2 + 60},${y2} ${x2},${y2}`;
  if (isTall) return `M${x1},${y1}C${x1},${(y1 + y2) / 2} ${x2},${(y1 + y2) / 2} ${x2},${y2}`;
  const gap = Math.abs(x2 - x1) - Math.max(0, Math.abs(to.layer - from.layer) - 1) * (WIDE.along + gapOf(from, to));
  const turn = from.layer === LAYERS.in ? [x1, x1 + gap] : isBack ? [x1, x1 - gap] : [x2 - gap, x2];
  return `M${x1},${y1}L${turn[0]},${y1}C${(turn[0] + turn[1]) / 2},${y1} ${(turn[0] + turn[1]) / 2},${y2} ${turn[1]},${y2}L${x2},${y2}`;
}

/** Returns the width of the gap between two layers. */
function gapOf(from, to) {
  return (Math.abs(to.x - from.x) / Math.max(1, Math.abs(to.layer - from.layer))) - WIDE.along;
}

function head({ stop: [x, y], isBack, isLoop }, isTall, thick) {
  const [long, half] = [7 + thick / 2, 3.5 + thick / 2];
  const away = isBack || isLoop ? long : -long;
  return isTall ? `M${x},${y}l${-half},${away}h${2 * half}z` : `M${x},${y}l${away},${-half}v${2 * half}z`;
}

/** Returns the line of an arrow, without its head. */
function label(edge) {
  const { stop: [x, y], kinds, amount, isBack, isLoop } = edge;
  const text = kinds.size > 2 ? yuan(amount) : `${kindsOf(edge)} ${yuan(amount)}`;
  const isLeft = !isBack && !isLoop;
  return draw("text", { class: "flow-label", x: isLeft ? x - 16 : x + 16, y: y + 4, "text-anchor": isLeft ? "end" : "start" }, text);
}

const kindsOf = ({ kinds }) => [...kinds].map(entryKind).join(", ");

function box(node, isTall, chosen) {
  const { x, y, width, height } = node;
  const state = !chosen ? "" : node.names.has(chosen) ? " chosen" : "";
  const center = x + width / 2;
  const name = isTall || node.isMany ? title(node) : account(node.kind);
  const lines = isTall ? name.split(/ (?=\d|×)/) : [name];
  const first = y + height / 2 - (lines.length - 1) * 8 - 3;
  return draw("g", { class: `account layer-${node.layer}${state}` },
    draw("title", {}, `${title(node)}: ${yuan(node.amount)}`),
    draw("rect", { x, y, width, height, rx: 9 }),
    ...lines.map((line, index) => draw("text", { class: "name", x: center, y: first + index * 14, "text-anchor": "middle", "font-size": isTall ? 11 : 13 }, fitted(line, width, isTall ? 11 : 13))),
    draw("text", { class: "sum", x: center, y: first + lines.length * 14 + 4, "text-anchor": "middle", "font-size": isTall ? 11 : 13 }, yuan(node.amount)),
  );
}

/** Truncates a text to the width of its box. */
function fitted(text, width, size) {
  let room = width - 10;
  const shown = [...text].findIndex((character) => (room -= character > "\u2e80" ? size : size * 0.58) < 0);
  return shown < 0 ? text : `${[...text].slice(0, Math.max(1, shown - 1)).join("")}…`;
}

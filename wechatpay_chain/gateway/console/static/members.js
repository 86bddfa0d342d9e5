// All members of a record, at any depth, with their names in the API.

import { el } from "./dom.js";
import { moment } from "./format.js";

const MONEY = /(^|_)(amount|fee|total|refund|refunded|balance|frozen|price)$/;
const SECONDS = 1e9;
const DEEPEST = 8;

/** Formats fen as yuan: `¥1,234.05`. */
export function yuan(fen) {
  const [whole, rest] = [Math.trunc(Math.abs(fen) / 100), Math.abs(fen) % 100];
  return `${fen < 0 ? "-" : ""}¥${whole.toLocaleString("en")}.${String(rest).padStart(2, "0")}`;
}

/** Returns a description list of a record; members without a value are omitted. */
export function members(record, depth = 0) {
  const given = Object.entries(record).filter(([, value]) => value !== null && value !== "" && !isEmpty(value));
  return el("dl.facts.members", given.map(([name, value]) => el("div", el("dt", el("code", name)), el("dd", shown(name, value, depth)))));
}

const isEmpty = (value) => typeof value === "object" && !Object.keys(value).length;

function shown(name, value, depth) {
  if (typeof value === "number") return number(name, value);
  if (typeof value !== "object") return String(value);
  if (depth > DEEPEST) return el("code", JSON.stringify(value));
  if (!Array.isArray(value)) return members(value, depth + 1);
  if (value.every((each) => typeof each !== "object")) return value.join(", ");
  return el("ol.nested", value.map((each) => el("li", shown(name, each, depth + 1))));
}

function number(name, value) {
  if (value > SECONDS && !MONEY.test(name)) return [moment(value), el("span.soft", ` ${Math.floor(value)}`)];
  if (Number.isInteger(value) && MONEY.test(name)) return [yuan(value), el("span.soft", ` ${value}`)];
  return String(value);
}

// Formats of times, sizes and JSON.

import { tag, t } from "./i18n.js";

const formats = new Map();

function format(options) {
  const key = tag() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(tag(), options));
  return formats.get(key);
}

/** Formats a time in the reader's time zone: `13:29:35`. */
export function time(seconds) {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(seconds * 1000);
}

/** Formats a date and a time. */
export function moment(seconds) {
  if (!seconds) return "";
  const day = { year: "numeric", month: "2-digit", day: "2-digit" };
  return `${format(day).format(seconds * 1000)} ${time(seconds)}`;
}

/** Formats a duration in its two largest units: `2 d 3 h`, `5 min`, `12 s`. */
export function duration(seconds) {
  let rest = Math.round(seconds);
  const found = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const count = Math.floor(rest / size);
    if (count && found.length < 2) found.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return found.join(" ") || "0 s";
}

const DEEPEST = 100;

/** Formats JSON with line breaks; returns other texts unchanged. */
export function pretty(text) {
  try {
    return reformatted(text);
  } catch {
    return text;
  }
}

/** Changes only the white space: numbers keep their digits, members their order. */
function reformatted(text) {
  JSON.parse(text);
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  let out = "";
  tokens.forEach((token, index) => {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    const line = () => `\n${"  ".repeat(depth)}`;
    if (depth > DEEPEST) throw new RangeError("its white space would be longer than any text");
    if ("}]".includes(token)) {
      depth--;
      out += "{[".includes(before) ? token : line() + token;
    } else if ("{[".includes(token)) {
      depth++;
      out += "}]".includes(after) ? token : token + line();
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  });
  return out;
}

/** Returns how long ago a moment was, as text. */
export function ago(seconds) {
  const passed = Math.round(Date.now() / 1000 - seconds);
  if (passed < 2) return t("now");
  return passed < 60 ? t("seconds_ago", { count: passed }) : time(seconds);
}

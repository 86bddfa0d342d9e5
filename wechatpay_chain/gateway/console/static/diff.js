// The differences of two strings, as pure functions; the page shows their results.

const LONGEST = 4000;
const MOST_CHANGES = 600;
const LABELS = ["part_method", "part_target", "part_timestamp", "part_nonce", "part_body"];

/**
 * Returns the differences of two strings by character.
 * @returns a list of `["=", text]`, `["-", text]` (only in the first) and `["+", text]`
 */
export function characters(first, second) {
  const [a, b] = [[...first], [...second]]; // whole characters, not halves of an emoji
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middle = shortest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return tidy([["=", a.slice(0, start).join("")], ...middle, ["=", a.slice(a.length - end).join("")]]);
}

/** Returns the shortest edit script (Myers 1986), or one replacement if that would take too long. */
function shortest(a, b) {
  const whole = [["-", a.join("")], ["+", b.join("")]];
  if (!a.length || !b.length || a.length > LONGEST || b.length > LONGEST) return whole;
  let furthest = new Map([[1, 0]]);
  const trail = [];
  for (let changes = 0; changes <= MOST_CHANGES; changes++) {
    const next = new Map(furthest);
    for (let k = -changes; k <= changes; k += 2) {
      const down = k === -changes || (k !== changes && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return path(a, b, [...trail, furthest]);
    }
    trail.push(furthest);
    furthest = next;
  }
  return whole;
}

function path(a, b, trail) {
  const steps = [];
  let [x, y] = [a.length, b.length];
  for (let changes = trail.length - 1; changes >= 0; changes--) {
    const furthest = trail[changes];
    const k = x - y;
    const down = k === -changes || (k !== changes && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const [fromX, fromY] = [furthest.get(before), furthest.get(before) - before];
    while (x > fromX && y > fromY) steps.push(["=", a[--x]]) && y--;
    if (changes) steps.push(down ? ["+", b[--y]] : ["-", a[--x]]);
  }
  return steps.reverse();
}

/** Joins adjacent changes, with short equal parts between them. */
function tidy(steps) {
  const joined = [];
  for (const [kind, text] of steps) {
    if (!text) continue;
    if (joined.at(-1)?.[0] === kind) joined.at(-1)[1] += text;
    else joined.push([kind, text]);
  }
  const runs = [];
  let [gone, added] = ["", ""];
  const flush = () => {
    if (gone) runs.push(["-", gone]);
    if (added) runs.push(["+", added]);
    [gone, added] = ["", ""];
  };
  joined.forEach(([kind, text], index) => {
    const byChance = (gone || added) && index < joined.length - 1 && text.length < 3;
    if (kind === "-") gone += text;
    else if (kind === "+") added += text;
    else if (byChance) [gone, added] = [gone + text, added + text];
    else {
      flush();
      runs.push([kind, text]);
    }
  });
  flush();
  return runs;
}

/**
 * Compares the string that the gateway hashed with a pasted one.
 * @returns `{ same, lastOnly, unescaped, order, rows }`; a row is `{ label, name, same, steps }`
 */
export function compare(hashed, pasted, protocol) {
  const escaped = !pasted.includes("\n") && pasted.includes("\\n") && protocol === "v3";
  const theirs = escaped ? pasted.replaceAll("\\r", "\r").replaceAll("\\n", "\n") : pasted;
  const result = protocol === "v3" ? compareLines(hashed, theirs) : compareFields(hashed, theirs);
  return { unescaped: escaped, lastOnly: false, order: false, ...result };
}

function row(label, ours, theirs, name = "") {
  return { label, name, same: ours === theirs, steps: characters(ours, theirs) };
}

function lines(text) {
  const cut = text.split("\n");
  if (cut.length < 5) return null;
  const [head, rest] = [cut.slice(0, 4), cut.slice(4).join("\n")];
  const ended = cut.length > 5 && rest.endsWith("\n");
  return [...head, ended ? rest.slice(0, -1) : rest, ended ? "\n" : ""];
}

function compareLines(hashed, theirs) {
  if (hashed === theirs) return { same: true, rows: [] };
  if (hashed === `${theirs}\n`) return { same: false, lastOnly: true, rows: [] };
  const [ours, given] = [lines(hashed), lines(theirs)];
  if (!given) return { same: false, rows: [row("part_whole", hashed, theirs)] };
  const rows = LABELS.map((label, index) => row(label, ours[index], given[index]));
  if (ours[5] !== given[5]) rows.push(row("part_end", ours[5], given[5]));
  return { same: false, rows };
}

/** Returns the fields of an APIv2 string; the text after an & determines whether it separates fields. */
export const fields = (text) => text.split(/&(?=\w+=)/);

function compareFields(hashed, pasted) {
  const theirs = pasted.trim().replace(/&(key|secret)=[^&]*$/, "&key=***");
  if (hashed === theirs) return { same: true, rows: [] };
  const cut = (text) => fields(text).map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  const [ours, given] = [cut(hashed), cut(theirs)];
  const order = [...ours].sort().join("&") === [...given].sort().join("&");
  if (order) return { same: false, order, rows: [] };
  const [known, found] = [new Map(ours), new Map(given)];
  const names = [...new Set([...known.keys(), ...found.keys()])].filter(Boolean);
  const rows = names.map((name) => {
    const [a, b] = [known.get(name), found.get(name)];
    return { ...row("", a ?? "", b ?? "", name), same: a === b, absent: a === undefined ? "gateway" : b === undefined ? "yours" : "" };
  });
  return { same: false, rows };
}

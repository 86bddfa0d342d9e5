// The language of the console's texts, and the values in them.

import * as en from "./en.js";
import * as zh from "./zh.js";

const COOKIE = "gateway_lang";
const TAGS = { zh: "zh-CN", en: "en" };

const LANGUAGES = { zh, en };

let chosen = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** The reader's language: `zh` or `en`. */
export const language = () => chosen;

/** The other language. */
export const other = () => (chosen === "zh" ? "en" : "zh");

/** The language tag for `lang`. */
export const tag = (name = chosen) => TAGS[name];

/** Changes the language of the console and the cashier. */
export function use(name) {
  chosen = name;
  document.documentElement.lang = TAGS[name];
  document.cookie = `${COOKIE}=${name}; path=/_gateway/; max-age=31536000; samesite=lax`;
}

/** Returns a text with values in place of `{names}`, or the key if there is no text. */
export function t(key, values = {}) {
  return filled(LANGUAGES[chosen].words[key] ?? key, values);
}

/** Returns an optional text; empty if there is none. */
export const known = (key) => LANGUAGES[chosen].words[key] ?? "";

/** The meaning of a finding: a title, the evidence, and what to do. The server sends both languages of a cause. */
export function meaning(finding) {
  if (finding.cause) {
    const { what, detail, action } = finding[chosen];
    return { title: capitalized(what), detail: detail && t("evidence", { detail }), text: sentence(action) };
  }
  const [title, text] = LANGUAGES[chosen].findings[finding.code] ?? [finding.code, ""];
  return { title: filled(title, finding), text: filled(text, finding) };
}

const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const sentence = (text) => `${capitalized(text)}${chosen === "zh" ? "。" : "."}`;

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

// Which of the console's words to use, and what is filled in to them.

import * as en from "./en.js";
import * as zh from "./zh.js";

const COOKIE = "gateway_lang";
const TAGS = { zh: "zh-CN", en: "en" };

const LANGUAGES = { zh, en };

let chosen = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** The language of the reader: `zh` or `en`. */
export const language = () => chosen;

/** What the other language is. */
export const other = () => (chosen === "zh" ? "en" : "zh");

/** The tag of a language, for `lang`. */
export const tag = (name = chosen) => TAGS[name];

/** Uses another language from now on, in the cashier as well. */
export function use(name) {
  chosen = name;
  document.documentElement.lang = TAGS[name];
  document.cookie = `${COOKIE}=${name}; path=/_gateway/; max-age=31536000; samesite=lax`;
}

/** Words, with `{values}` filled in; the key itself where there are none. */
export function t(key, values = {}) {
  return filled(LANGUAGES[chosen].words[key] ?? key, values);
}

/** Words that may not be there: "" then. */
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

// Sends a notification of any type, with generated content that can be edited first.

import { get, part, post } from "./api.js";
import { el, say } from "./dom.js";
import { t } from "./i18n.js";
import { acting, field } from "./parts.js";

const KEPT = "gateway_notify_url";

/** Returns the form, which stores the URL for the next time. */
export function form() {
  let types = [];
  const intro = el("p.soft");
  const find = el("input", { type: "search", autocomplete: "off", spellcheck: "false", input: () => fill() });
  const choice = el("select", { size: "7", required: true, change: () => example() });
  const url = el("input", { type: "url", required: true, value: recalled(), placeholder: "http://127.0.0.1:8000/notify", spellcheck: "false" });
  const content = el("textarea.mono", { rows: "14", spellcheck: "false" });
  const send = acting(async () => {
    const [protocol, event] = chosen();
    if (!event) throw new Error(t("trigger_pick"));
    const body = { protocol, event, to: url.value, resource: parsed(content.value) };
    localStorage.setItem(KEPT, url.value);
    const sent = await post("notifications", body);
    say(t("sent"));
    location.hash = `#/notifications/${sent.id}`;
  });

  const chosen = () => (choice.value ? choice.value.split(" ") : []);

  function fill() {
    const words = find.value.toLowerCase().split(/\s+/);
    const shown = types.filter((each) => words.every((word) => `${each.protocol} ${each.event} ${each.title}`.toLowerCase().includes(word)));
    const before = choice.value;
    choice.replaceChildren(
      ...["v3", "v2"].map((protocol) =>
        el("optgroup", { label: `API${protocol}` }, shown.filter((each) => each.protocol === protocol).map(option)),
      ).filter((group) => group.children.length),
    );
    choice.value = before;
    if (!choice.value && shown.length === 1) choice.selectedIndex = 0;
    if (choice.value !== before) example();
  }

  async function example() {
    const [protocol, event] = chosen();
    if (!event) return;
    const { resource } = await get(`console/webhooks/${protocol}/${part(event)}`);
    if (choice.value === `${protocol} ${event}`) content.value = JSON.stringify(resource, null, 2);
  }

  get("console/webhooks").then((found) => {
    types = found;
    intro.textContent = t("trigger_text", { count: types.length });
    fill();
    choice.value = "v3 TRANSACTION.SUCCESS";
    example();
  });
  return el("form.form", { submit: send },
    el("header.title", el("h2.target", { id: "what" }, t("trigger"))),
    intro,
    field(t("trigger_find"), find),
    field(t("event"), choice),
    field(t("trigger_url"), url),
    field(t("trigger_content"), content),
    el("div.row-of", el("button.primary", { type: "submit", id: "send" }, t("trigger_send"))),
  );
}

const option = (each) => el("option", { value: `${each.protocol} ${each.event}` }, `${each.event} · ${each.title.replace(`(${each.event})`, "")}`);

function parsed(text) {
  if (!text.trim()) return undefined;
  let value = null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(t("trigger_json", { error: error.message }));
  }
  if (typeof value === "object" && value && !Array.isArray(value)) return value;
  throw new Error(t("trigger_json", { error: typeof value }));
}

function recalled() {
  return localStorage.getItem(KEPT) ?? "";
}

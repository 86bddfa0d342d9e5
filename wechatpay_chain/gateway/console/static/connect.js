// The settings of a client; the symmetric keys only on request.

import { get } from "./api.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";
import { acting, bytes, copyButton, section } from "./parts.js";

const TOLD = ["base_uri", "tls_base_uri", "mchid", "appid", "serial", "public_key_id", "platform_serial", "gateway_json"];
const FIRST = ["base_uri", "mchid", "serial"];

function line(name, value) {
  return el("div", el("dt", t(name)), el("dd", el("code", value), copyButton(value, t(name))));
}

/** The few that a first request takes, for a page that has nothing else to show. */
export function connection() {
  const told = el("dl.facts.copied");
  get("console/client").then((client) => told.append(...FIRST.map((name) => line(name, client[name]))));
  return el("div.card", told, el("p", el("a", { href: "#/connect" }, t("connect"), " ›")));
}

export function connect(root) {
  const page = el("div.page");
  root.replaceChildren(page);
  return { go: async () => page.replaceChildren(...(await content())) };
}

async function content() {
  const client = await get("console/client");
  return [
    el("header.head", el("h1", t("connect"))),
    el("p.soft", t("connect_text")),
    el("section.card", el("dl.facts.copied", TOLD.filter((name) => client[name]).map((name) => line(name, client[name])))),
    el("section.card", el("h2", t("keys")), keys()),
    el("section.card", el("h2", t("files")), el("ul.files", client.files.map(file))),
    el("section.card", section(t("python"), bytes(example(client), t("python")), copyButton(example(client), t("python")))),
  ];
}

function keys() {
  const told = el("dl.facts.copied", { hidden: true });
  const button = el("button", { type: "button", id: "keys", "aria-expanded": "false", click: acting(async () => {
    const isShown = !told.hidden;
    const found = isShown ? {} : await get("console/client/keys");
    told.replaceChildren(...Object.entries(found).map(([name, value]) => line(name, value)));
    told.hidden = isShown;
    button.setAttribute("aria-expanded", String(!isShown));
    button.textContent = t(isShown ? "keys_show" : "keys_hide");
  }) }, t("keys_show"));
  return [told, el("div.row-of", button)];
}

function file(name) {
  const about = t(`file_${name.replace(".pem", "")}`);
  return el("li", el("a", { href: `/_gateway/console/client/files/${name}`, download: name }, name), el("span.soft", about));
}

function example(client) {
  if (client.gateway_json) {
    return `from wechatpay_chain import WeChatPay\n\nwxpay = WeChatPay.from_gateway(${JSON.stringify(client.gateway_json)})`;
  }
  return `from wechatpay_chain import WeChatPay

wxpay = WeChatPay(
    mchid="${client.mchid}",
    serial="${client.serial}",
    private_key="apiclient_key.pem",
    certs={"${client.public_key_id}": "pub_key.pem"},
    apiv3_key="…",
    secret="…",
    base_uri="${client.base_uri}",
)`;
}

"""The site's own texts in both languages: labels of generated pages, search, navigation.

`Renderer.said` turns text in `backticks` into code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["CHINESE", "ENGLISH", "LABELS", "LANGUAGES", "Label", "labels"]

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = (ENGLISH, CHINESE)


class Label(NamedTuple):
    """A text in both languages.

    Attributes:
        en: in English.
        zh: in Chinese.
    """

    en: str
    zh: str


LABELS: Mapping[str, Label] = {
    # navigation
    "reference": Label("Reference", "参考"),
    "guides": Label("Guides", "指南"),
    "project": Label("Project", "项目"),
    "overview": Label("Overview", "概览"),
    "all_guides": Label("All guides", "全部指南"),
    "operations": Label("Operations", "接口"),
    "notifications": Label("Notifications", "回调通知"),
    "python": Label("Python API", "Python API"),
    "changelog": Label("Changelog", "更新日志"),
    "security": Label("Security", "安全"),
    "contributing": Label("Contributing", "参与开发"),
    "catalogue_files": Label("Catalogue files", "接口目录文件"),
    "operations_text": Label(
        "Parameters, response and six ways to call each operation.",
        "每个接口的参数、应答和六种写法。",
    ),
    "notifications_text": Label(
        "The content of each notification, and code that receives it.",
        "每种通知的内容和接收代码。",
    ),
    "python_text": Label("Classes, functions and errors.", "类、函数和异常。"),
    "operations_intro": Label(
        "All operations of WeChat Pay's public API, grouped by the first two segments of the "
        "path. Each page shows the parameters, the response and six ways to call the operation.",
        "微信支付公开的全部接口，按路径前两段分组。每个接口一页，列出参数、应答和六种调用写法。",
    ),
    "notifications_intro": Label(
        "The notifications that WeChat Pay posts to your `notify_url`. Each page shows the "
        "content and the code that receives it.",
        "微信支付推送到 `notify_url` 的回调通知。每种通知一页，列出内容和接收代码。",
    ),
    "english_only": Label("", "本页内容只有英文版。"),
    "breadcrumb": Label("Breadcrumb", "导航路径"),
    "heading_link": Label("Link to this heading", "本节链接"),
    # an operation's page
    "call": Label("Call", "调用"),
    "request": Label("Request", "请求"),
    "response": Label("Response", "应答"),
    "merchant": Label("Merchant", "直连商户"),
    "partner": Label("Service provider", "服务商"),
    "both": Label("Merchant and service provider", "直连商户与服务商"),
    "mutual_tls": Label("Mutual TLS", "双向 TLS"),
    "upload": Label("Upload", "上传"),
    "official_page": Label("Official page", "官方文档"),
    "retired": Label("Retired", "已下线"),
    "retired_note": Label("WeChat Pay no longer offers this operation.", "微信支付已下线该接口。"),
    "mutual_tls_note": Label(
        "Requires the merchant certificate (mutual TLS).", "需要商户 API 证书（双向 TLS）。"
    ),
    "nonceless_note": Label("Has no `nonce_str`.", "不带 `nonce_str`。"),
    "not_idempotent": Label("Do not repeat this call: {why}.", "不要直接重试：{why}。"),
    "idempotent": Label(
        "Safe to repeat with the same content and {numbers}.",
        "以相同的 {numbers} 和内容重试是安全的。",
    ),
    "base_uri_note": Label("Uses a separate base URI.", "使用单独的 base URI。"),
    "encrypted_note": Label(
        "Wrap fields marked “encrypted” in `Sensitive`.", "标有“加密”的字段用 `Sensitive` 包装。"
    ),
    "upload_note": Label("Uploads a file.", "上传文件。"),
    "numbered_note": Label(
        "`$n` and `$m` in names stand for numbers.", "名称中的 `$n`、`$m` 代表数字。"
    ),
    "attribute": Label("Attribute", "属性"),
    "chain": Label("chain()", "chain()"),
    "bracket": Label("Brackets", "方括号"),
    "attribute-async": Label("Async attribute", "异步属性"),
    "chain-async": Label("Async chain()", "异步 chain()"),
    "bracket-async": Label("Async brackets", "异步方括号"),
    "required_members": Label("Required fields only", "仅必填参数"),
    "all_members": Label("All fields", "全部参数"),
    "path": Label("Path", "路径参数"),
    "query": Label("Query", "查询参数"),
    "headers": Label("Headers", "请求头"),
    "body": Label("Body", "请求体"),
    "no_parameters": Label("No parameters.", "无参数。"),
    "types": Label("Types: ", "类型："),
    "errors": Label("Error codes", "错误码"),
    "example": Label("Example", "示例"),
    "no_body": Label("no body", "无应答体"),
    "stream_note": Label(
        '`sink="…"` streams the response to a file.', '`sink="…"` 将应答流式写入文件。'
    ),
    "unsigned_note": Label(
        "WeChat Pay does not sign this response. `response.verified` is `False`.",
        "该接口的应答不带签名，`response.verified` 为 `False`。",
    ),
    "decrypt_note": Label(
        "`wxpay.decrypt(…)` decrypts fields marked “encrypted”.",
        "用 `wxpay.decrypt(…)` 解密标有“加密”的字段。",
    ),
    "ciphertext": Label("…ciphertext…", "…密文…"),
    # tables of members
    "name": Label("Name", "参数"),
    "type": Label("Type", "类型"),
    "description": Label("Description", "说明"),
    "required": Label("required", "必填"),
    "encrypted": Label("encrypted", "加密"),
    "json_string": Label("JSON string", "JSON 字符串"),
    "form_encoded": Label("form-encoded", "表单编码"),
    "file": Label("file", "文件"),
    "xml_string": Label("XML string", "XML 字符串"),
    "date_time": Label("RFC 3339 time", "RFC 3339 时间"),
    "always": Label("constant", "固定值"),
    "default": Label("default", "默认值"),
    "characters": Label("characters", "个字符"),
    "items": Label("items", "项"),
    # lists of products and notifications
    "other": Label("Other", "其他"),
    "all_operations": Label("All operations", "全部接口"),
    "operation_count": Label("{count} operations", "{count} 个接口"),
    "notification_count": Label("{count} notifications", "{count} 种通知"),
    "filter": Label("Filter", "筛选"),
    "filter_hint": Label(
        "Filter by name or path; Enter searches all operations",
        "按名称或路径筛选，回车搜索全部接口",
    ),
    # a notification's page
    "receive": Label("Receive", "接收"),
    "content": Label("Content", "内容"),
    "content_encrypted": Label("Encrypted content", "内容加密"),
    "verifies_and_decrypts": Label("verifies and decrypts the notification.", "验签并解密通知。"),
    "decrypts": Label("decrypts the notification.", "解密通知。"),
    "verifies": Label("verifies the notification.", "验证通知的签名。"),
    "whole_content": Label(
        "`notice.resource` contains all fields.", "`notice.resource` 包含全部字段。"
    ),
    "decrypted_content": Label(
        "`notice.resource` contains the decrypted content.", "`notice.resource` 是解密后的内容。"
    ),
    "several_contents": Label(
        "The content of this event has several formats. Each product has its own fields.",
        "该通知的内容有多种格式，各产品的字段不同。",
    ),
    # search and scripts
    "search": Label("Search", "搜索"),
    "search_hint": Label("Title, path, parameter, code", "标题、路径、参数、代码"),
    "search_script": Label("Search requires JavaScript.", "搜索需要启用 JavaScript。"),
    "search_examples": Label(
        "refund · face-collections · out_trade_no · SignatureError",
        "退款 · face-collections · out_trade_no · SignatureError",
    ),
    "search_nothing": Label("No results.", "没有找到。"),
    "search_more": Label("More", "更多"),
    "search_kinds": Label("Categories", "类别"),
    "search_all": Label("All", "全部"),
    "search_operations": Label("Operations", "接口"),
    "search_notifications": Label("Notifications", "通知"),
    "search_python": Label("Python", "Python"),
    "search_guides": Label("Guides", "指南"),
    "notification_of": Label("Notification API{protocol}", "通知 API{protocol}"),
    "copy": Label("Copy", "复制"),
    "copied": Label("Copied", "已复制"),
    # texts of the theme, which it does not translate
    "toggle_navigation": Label("Toggle site navigation sidebar", "显示或隐藏导航"),
    "toggle_contents": Label("Toggle table of contents sidebar", "显示或隐藏目录"),
    "toggle_theme": Label("Toggle Light / Dark / Auto color theme", "切换浅色、深色、自动主题"),
    "skip": Label("Skip to content", "跳到正文"),
    "top": Label("Back to top", "回到顶部"),
    "contents": Label("Contents", "目录"),
    "menu": Label("Menu", "菜单"),
    "on_page": Label("On this page", "本页内容"),
    "toggle_below": Label("Toggle navigation of ", "展开或收起："),
    "expand": Label("Expand", "展开"),
    "light_mode": Label("Light mode", "浅色主题"),
    "dark_mode": Label("Dark mode", "深色主题"),
    "auto_light": Label("Auto light/dark, in light mode", "自动，当前为浅色"),
    "auto_dark": Label("Auto light/dark, in dark mode", "自动，当前为深色"),
    "other_language": Label("中文", "English"),
}
"""The texts by key."""


def labels(language: str) -> dict[str, str]:
    """All texts in one language.

    Args:
        language: `en` or `zh`.
    """
    place = LANGUAGES.index(language)
    return {key: label[place] for key, label in LABELS.items()}

"""The data and lazily imported modules that a frozen application requires.

Source: https://pyinstaller.org/en/stable/hooks.html
"""

from __future__ import annotations

from importlib.util import find_spec

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

NEEDED = {
    "wechatpay_chain.bills.tables": "duckdb",
    "wechatpay_chain.bills.reconciliation.spark_engine": "pyspark",
    "wechatpay_chain.cli": "click",
    "wechatpay_chain.cli.mcp": "mcp",
    "wechatpay_chain.contrib.celery": "celery",
    "wechatpay_chain.contrib.django": "django",
    "wechatpay_chain.contrib.fastapi": "fastapi",
    "wechatpay_chain.contrib.flask": "flask",
    "wechatpay_chain.contrib.opentelemetry": "opentelemetry",
    "wechatpay_chain.contrib.taskiq": "taskiq",
    "wechatpay_chain.durable": "sqlalchemy",
    "wechatpay_chain.keys.pkcs11": "pkcs11",
    "wechatpay_chain.keys.redis_store": "redis",
    "wechatpay_chain.testing.pytest_plugin": "pytest",
    "wechatpay_chain.testing.strategies": "hypothesis",
    "wechatpay_chain.transport.curl": "pycurl",
}
"""Parts of the package, and the libraries they require."""
NEVER = ("wechatpay_chain.contrib.pyinstaller", "wechatpay_chain.contrib.django")
"""Excluded parts: PyInstaller's own, and one that requires a project's settings."""


def _is_wanted(name: str) -> bool:
    if name.startswith(NEVER):
        return False
    parts = [needed for part, needed in NEEDED.items() if f"{name}.".startswith(f"{part}.")]
    return all(find_spec(each) is not None for each in parts)


datas = [*collect_data_files("wechatpay_chain"), *copy_metadata("wechatpay-chain")]
hiddenimports = collect_submodules("wechatpay_chain", filter=_is_wanted)

"""Traces and metrics with OpenTelemetry: `pip install "wechatpay-chain[opentelemetry]"`.

    from wechatpay_chain.contrib.opentelemetry import WeChatPayInstrumentor

    WeChatPayInstrumentor().instrument()

`opentelemetry-instrument` does this automatically.
"""

from __future__ import annotations

from .instrumentor import WeChatPayInstrumentor

__all__ = ["WeChatPayInstrumentor"]

"""The app configuration for `INSTALLED_APPS`."""

from __future__ import annotations

from django.apps import AppConfig

from ...utils.translation import N_
from .labels import lazy_text

__all__ = ["WeChatPayConfig"]


class WeChatPayConfig(AppConfig):
    """`wechatpay_chain.contrib.django`, with migrations under the label `wechatpay_chain`."""

    name = "wechatpay_chain.contrib.django"
    label = "wechatpay_chain"
    verbose_name = lazy_text(N_("WeChat Pay"))
    default_auto_field = "django.db.models.BigAutoField"

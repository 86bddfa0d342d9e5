"""QR codes as SVG."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError, qr_svg

SVG = "{http://www.w3.org/2000/svg}"


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_it_is_an_image_of_the_text(text: str) -> None:
    drawn = qr_svg(text, label=text)
    assert drawn.startswith("<svg ")
    assert drawn.count("<svg") == 1
    segno.make(text, error="m", micro=False)


def test_its_size_and_label() -> None:
    code_url = "weixin://wxpay/bizpayurl?pr=NwY5Mz9"
    drawn = ET.fromstring(qr_svg(code_url, size=300, label='"Pay" & go').replace("&quot;", "&#34;"))
    assert (drawn.get("width"), drawn.get("height")) == ("300", "300")
    assert drawn.get("aria-label") == '"Pay" & go'
    assert drawn.get("role") == "img"
    side = segno.make(code_url, error="m", micro=False).symbol_size(border=4)[0]
    assert drawn.get("viewBox") == f"0 0 {side} {side}"
    assert 'width="' not in qr_svg(code_url, size=None).partition(">")[0]


@pytest.mark.parametrize("text", ["", "x" * 1001, None, 7])
def test_what_cannot_be_drawn(text) -> None:
    with pytest.raises(ConfigurationError, match="a text of 1 to 1000 characters"):
        qr_svg(text)


def test_without_segno(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(ConfigurationError, match=r'pip install "wechatpay-chain\[qr\]"'):
        qr_svg("weixin://")

"""axe-core over a page of each template, in both trees and both themes."""

from __future__ import annotations

import pytest

from tests.browser import audit
from tests.browser.chromium import skip_or_fail
from tests.site.site_page import SitePage

pytestmark = pytest.mark.site

PAGES = [
    "index.html",
    "keys.html",
    "api/client.html",
    "reference/index.html",
    "reference/notifications.html",
    "reference/overview.html",
    "reference/v3-marketing.html",
    "reference/post_v3_pay_transactions_native.html",
    "reference/notification-v3-transaction.success.html",
    "search.html?q=refund",
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("tree", ["", "zh/"], ids=["en", "zh"])
def test_no_page_has_a_serious_finding(tree: str, page: str, site: SitePage) -> None:
    skip_or_fail(audit.missing())
    for scheme in ("light", "dark"):
        site.color_scheme(scheme)
        site.open(tree + page)
        assert audit.serious(site.driver) == [], scheme


def test_the_audit_finds_what_is_wrong(site: SitePage) -> None:
    skip_or_fail(audit.missing())
    site.open("index.html")
    site.run("document.querySelector('.sidebar-search').removeAttribute('aria-label')")
    site.run("document.querySelector('.sidebar-search').removeAttribute('placeholder')")
    (finding,) = audit.serious(site.driver)
    assert finding.startswith("label: <input")

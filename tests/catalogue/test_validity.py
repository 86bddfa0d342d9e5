"""The documents are OpenAPI: a validator that is not ours says so."""

from __future__ import annotations

import pytest

from wechatpay_chain import catalogue

from .test_rules import FILES, name

validation = pytest.importorskip("openapi_spec_validator")


@pytest.mark.parametrize("product", [*map(name, FILES), None])
def test_a_document_is_valid(product: str | None) -> None:
    document = catalogue.document(product)
    assert list(validation.OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_a_document_that_is_not_valid_is_found_out() -> None:
    document = catalogue.document("v3/certificates")
    document["paths"]["/v3/certificates"]["get"]["responses"]["200"].pop("description")
    assert list(validation.OpenAPIV31SpecValidator(document).iter_errors()) != []

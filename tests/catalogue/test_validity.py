"""The documents are OpenAPI: a validator that is not ours says so."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from wechatpay_chain import catalogue

from .test_rules import FILES, name

validation = pytest.importorskip("openapi_spec_validator")


def errors(document: dict[str, Any]) -> list[Any]:
    return list(validation.OpenAPIV31SpecValidator(document).iter_errors())


@pytest.mark.parametrize("product", [*map(name, FILES)])
def test_a_document_is_valid(product: str) -> None:
    assert errors(catalogue.document(product)) == []


def test_the_merged_document_is_valid() -> None:
    """Its frame is; its operations, notifications and components are those of valid documents."""
    merged = catalogue.document()
    assert errors({**merged, "paths": {}, "webhooks": {}}) == []
    for part in map(catalogue.document, map(name, FILES)):
        for path, item in part.get("paths", {}).items():
            secured = {verb: {"security": part.get("security", []), **item[verb]} for verb in item}
            assert secured.items() <= merged["paths"][path].items()
        assert part.get("webhooks", {}).items() <= merged["webhooks"].items()
        for kind, named in part.get("components", {}).items():
            assert named.items() <= merged["components"][kind].items()
    names = Counter(
        operation["operationId"]
        for item in (*merged["paths"].values(), *merged["webhooks"].values())
        for operation in item.values()
    )
    assert names.most_common(1)[0][1] == 1


def test_a_document_that_is_not_valid_is_found_out() -> None:
    document = catalogue.document("v3/certificates")
    document["paths"]["/v3/certificates"]["get"]["responses"]["200"].pop("description")
    assert errors(document) != []

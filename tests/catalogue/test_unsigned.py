"""The list of the unsigned operations agrees with what the documents say of their answers."""

from __future__ import annotations

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Operation
from wechatpay_chain.messages.unsigned import PAGE, is_unsigned_v3, unsigned_v2

OPERATIONS = {
    f"/{operation.path.removeprefix('v2/')}": operation
    for operation in catalogue.operations()
    if operation.protocol == "v2"
}
SIGNED_ALL_THE_SAME = {
    "/applyment/micro/signcontract",  # its answer is not described at all
    "/xdc/apiv2sandbox/pay/micropay",  # signed with the sandbox's key; the documents leave it out
    "/xdc/apiv2sandbox/pay/orderquery",
}
DESCRIBED_WITH_A_SIGN = {"/mmpaysptrans/pay_bank"}
"""Real answers have none."""
NOT_DESCRIBED = {"/mmpaymkttransfers/pay_bank", "/mmpaymkttransfers/query_bank"}
PAGES_THAT_MAY_BE_XML = {"/papay/h5entrustweb", "/papay/partner/h5entrustweb"}


def is_described_with_sign(operation: Operation) -> bool:
    return any(member.name == "sign" for member in operation.response)


def test_it_has_every_operation_whose_answer_is_described_without_a_sign() -> None:
    bare = {path for path, each in OPERATIONS.items() if not is_described_with_sign(each)}
    listed = set(unsigned_v2)
    assert listed - NOT_DESCRIBED <= set(OPERATIONS)
    assert listed == bare - SIGNED_ALL_THE_SAME | DESCRIBED_WITH_A_SIGN | NOT_DESCRIBED


@pytest.mark.parametrize("path", sorted(unsigned_v2.keys() - NOT_DESCRIBED - PAGES_THAT_MAY_BE_XML))
def test_the_kind_of_an_answer_is_the_documents(path: str) -> None:
    operation = OPERATIONS[path]
    if unsigned_v2[path] == PAGE:
        assert operation.response_status == 302
    else:
        assert operation.response_type == unsigned_v2[path]


def test_files_of_apiv3_are_unsigned_and_its_json_never_is() -> None:
    unsigned = [
        operation
        for operation in catalogue.operations()
        if operation.protocol == "v3" and is_unsigned_v3(operation.method, f"/{operation.path}")
    ]
    assert len(unsigned) >= 3
    assert {each.response_type for each in unsigned} == {"application/octet-stream"}

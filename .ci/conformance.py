"""Run a conformance folder's check over its well-formed calls, and see the others refused.

A vector may leave out a variable of its path (or misspell it). Such a call would ask for another
resource, so this client refuses it by rule; the check proper runs over all the others, which must
pass without exception.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.options import OPTIONS
from wechatpay_chain.transport.mock import MockTransport


def is_complete(vector: dict[str, Any]) -> bool:
    """Whether a vector names each variable of its path, and nothing that is none."""
    variables = set(re.findall("{([^}]+)}", vector["path"])) - {"empty"}
    return bool(variables == vector["options"].keys() - OPTIONS)


def refusals(vectors: list[dict[str, Any]]) -> int:
    """Make each incomplete call in six styles; how many were refused as they must be."""
    line = MockTransport(lambda _: None)
    wxpay = WeChatPay(mchid="1230000109", transport=line)
    refused = 0
    for vector in vectors:
        attribute: Any = wxpay
        for segment in vector["segments"]:
            attribute = getattr(attribute, segment)
        for node in (attribute, wxpay.chain(vector["path"]), wxpay[vector["path"]]):
            verb = vector["verb"].lower()
            for call in (
                getattr(node, verb),
                lambda node=node, verb=verb, **o: asyncio.run(getattr(node, f"{verb}_async")(**o)),
            ):
                try:
                    call(**vector["options"])
                except ConfigurationError as error:
                    refused += "is missing" in str(error)
    if line.requests:
        raise SystemExit(f"{len(line.requests)} incomplete calls were sent")
    return refused


def main(folder: Path) -> int:
    """Run both halves; the exit code tells whether they hold."""
    lines = (folder / "vectors.jsonl").read_text("utf-8").splitlines()
    vectors = [json.loads(line) for line in lines if line]
    complete = [vector for vector in vectors if is_complete(vector)]
    incomplete = [vector for vector in vectors if not is_complete(vector)]
    refused = refusals(incomplete)
    print(f"{refused} of {6 * len(incomplete)} incomplete calls refused")
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "vectors.jsonl")
        path.write_text("\n".join(map(json.dumps, complete)), "utf-8")
        check = [sys.executable, str(folder / "check.py"), "--vectors", str(path)]
        code = subprocess.run(check, check=False).returncode
    return code or int(refused != 6 * len(incomplete))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

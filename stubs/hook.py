"""Build hook that generates the types and translations of a built or installed package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StubsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Writes the generated files before hatchling collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the files; an editable install has them in its working tree.

        Args:
            version: the version of the build target, `standard` or `editable`.
            build_data: tells hatchling to include the files, which git ignores.
        """
        folder = str(Path(__file__).parent)
        sys.path.insert(0, folder)
        try:
            from generate import generate
            from translations import compile_catalogue
        finally:
            sys.path.remove(folder)
        package = Path(self.root, "wechatpay_chain")
        generate(package)
        compile_catalogue(package)
        build_data["artifacts"] += [
            "/wechatpay_chain/typed/**/*.py*",
            "/wechatpay_chain/locale/**/*.mo",
        ]

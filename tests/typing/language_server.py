"""pyright's language server, asked as an editor would ask it (LSP 3.17)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["LanguageServer"]


class LanguageServer:
    """A server over its standard streams, with one document.

    Args:
        folder: of the document, `shop.py`.
        code: the document's text.
    """

    def __init__(self, folder: Path, code: str) -> None:
        self.code = code
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.number = 0
        self.uri = (folder / "shop.py").as_uri()
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
        self.ask(
            "initialize",
            {"processId": None, "capabilities": capabilities, "workspaceFolders": folders},
        )
        self.tell("initialized", {})
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": code}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def tell(self, method: str, params: Any, **more: Any) -> None:
        message = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more})
        self._write(message)

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.tell(method, params, id=self.number)
        while True:
            message = self._read()
            if "method" in message and "id" in message:  # it asks for the editor's settings
                settings = [{"pythonPath": sys.executable}] * len(
                    message["params"].get("items", ())
                )
                self._write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": settings}))
            elif message.get("id") == self.number:
                return message["result"]

    def at(self, method: str, text: str) -> Any:
        """Ask about the place just before the end of some text of the code."""
        before = self.code[: self.code.index(text) + len(text)]
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        position = {"line": line, "character": column}
        return self.ask(method, {"textDocument": {"uri": self.uri}, "position": position})

    def _write(self, message: str) -> None:
        assert self.process.stdin is not None
        body = message.encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> Any:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        return json.loads(self.process.stdout.read(length))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

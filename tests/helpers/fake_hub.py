"""A Hub on this machine: repositories of a folder, served as huggingface_hub asks for them, with a log of requests."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c" * 40


class FakeHub(ThreadingHTTPServer):
    """files: by "models/org/name" or "datasets/org/name", then by path. broken: paths whose next answer is cut off."""

    def __init__(self, files: dict[str, dict[str, bytes]]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.log, self.broken = files, [], set[str]()

    log: list[tuple[str, str, str | None]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeHub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        self.server.log.append((self.command, path, self.headers.get("Range")))
        if found := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)(/revision/.+)?", path):
            repo = self.server.files.get(f"{found[1]}/{found[2]}")
            if repo is None:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body)
                return
            siblings = [{"rfilename": name} for name in repo]
            self._send(200, json.dumps({"id": found[2], "sha": COMMIT, "siblings": siblings}).encode(), {}, body)
        elif found := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/tree/.+", path):
            repo = self.server.files.get(f"{found[1]}/{found[2]}", {})
            tree = [{"type": "file", "path": name, "size": len(data), "oid": "0" * 40} for name, data in repo.items()]
            self._send(200, json.dumps(tree).encode(), {}, body)
        elif found := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            repo = self.server.files.get(f"{'datasets' if found[1] else 'models'}/{found[2]}", {})
            if found[4] not in repo:
                self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
                return
            self._file(found[4], repo[found[4]], body)
        else:
            self._send(200, b"", {}, body)

    def _file(self, name: str, data: bytes, body: bool) -> None:
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if asked and body:
            start = int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self._send(206, data[start:], headers, body)
        elif body and name in self.server.broken:
            self.server.broken.discard(name)
            self.send_response(200)
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        else:
            self._send(200, data, headers, body)

    def _send(self, status: int, data: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(data)


@contextmanager
def served(files: dict[str, dict[str, bytes]]) -> Iterator[FakeHub]:
    """The hub, answering until the block ends."""
    hub = FakeHub(files)
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()

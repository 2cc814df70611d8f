"""Downloads against a server of our own that breaks off, refuses and lies."""

import gzip
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from anygan.data.download import FSDD, MNIST, Remote, cache_folder, content_sha256, fetch, fetch_all
from anygan.errors import DataError

CONTENT = bytes(range(256)) * 2000
PACKED = gzip.compress(CONTENT + b"end", 0)
SHA256 = hashlib.sha256(CONTENT + b"end").hexdigest()


class Server(ThreadingHTTPServer):
    """Serves ``PACKED``; ``breaks`` transfers end halfway, ``fails`` requests get 503; keeps the ranges asked for."""

    daemon_threads = True
    breaks = 0
    fails = 0
    resumes = True
    body = PACKED

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/x.gz"


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        if server.fails:
            server.fails -= 1
            self.send_error(503)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.resumes else 0
        if start >= len(server.body):
            self.send_error(416)
            return
        part = server.body[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.body) - 1}/{len(server.body)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if server.breaks:
            server.breaks -= 1
            part = part[: len(part) // 2]
        self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def remote(server: Server, sha256: str = SHA256) -> Remote:
    return Remote("set/x.gz", (server.address,), sha256)


def test_a_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    path = fetch(remote(server), tmp_path)
    assert path == tmp_path / "set" / "x.gz"
    assert path.read_bytes() == PACKED
    assert fetch_all([remote(server)], tmp_path) == tmp_path
    assert server.asked == [None]
    assert [p.name for p in path.parent.iterdir()] == ["x.gz"]


def test_a_broken_transfer_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.breaks = 2
    assert fetch(remote(server), tmp_path, pause=0).read_bytes() == PACKED
    half = len(PACKED) // 2
    assert server.asked == [None, f"bytes={half}-", f"bytes={half + (len(PACKED) - half) // 2}-"]


def test_what_an_earlier_process_left_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.gz.part").write_bytes(PACKED[:1000])
    fetch(remote(server), tmp_path)
    assert server.asked == ["bytes=1000-"]


def test_a_whole_file_that_was_not_yet_renamed_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.gz.part").write_bytes(PACKED)
    assert fetch(remote(server), tmp_path).read_bytes() == PACKED


def test_a_server_that_cannot_resume_sends_all_of_it(server: Server, tmp_path: Path) -> None:
    server.breaks, server.resumes = 1, False
    assert fetch(remote(server), tmp_path, pause=0).read_bytes() == PACKED


def test_leftovers_of_another_file_are_dropped(server: Server, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.gz.part").write_bytes(b"?" * 1000)
    assert fetch(remote(server), tmp_path, pause=0).read_bytes() == PACKED


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.fails = 2
    assert fetch(remote(server), tmp_path, pause=0).exists()
    assert len(server.asked) == 3


def test_the_next_address_is_tried(server: Server, tmp_path: Path) -> None:
    other = Remote("set/x.gz", ("http://127.0.0.1:9/x.gz", server.address), SHA256)
    assert fetch(other, tmp_path).exists()


def test_other_content_is_refused_and_removed(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected content of SHA-256 0000.*--data-dir.*ANYGAN_DATA"):
        fetch(remote(server, "0" * 64), tmp_path, pause=0)
    assert list((tmp_path / "set").iterdir()) == []


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Could not fetch x\.gz .*refused.*--data-dir") as caught:
        fetch(Remote("set/x.gz", ("http://127.0.0.1:9/x.gz",), SHA256), tmp_path, pause=0)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        fetch(Remote("set/x.gz", (), SHA256), tmp_path)


def test_the_hash_is_of_the_content_and_not_its_packing(tmp_path: Path) -> None:
    for name, level in (("a.gz", 1), ("b.gz", 9)):
        (tmp_path / name).write_bytes(gzip.compress(CONTENT, level))
    assert content_sha256(tmp_path / "a.gz") == content_sha256(tmp_path / "b.gz") == hashlib.sha256(CONTENT).hexdigest()
    orders = (("c.zip", ["x", "y"]), ("d.zip", ["y", "x"]), ("e.zip", ["x", "z"]))
    for name, members in orders:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED if name == "d.zip" else 0) as archive:
            for member in members:
                archive.writestr(member, "same")
    hashes = [content_sha256(tmp_path / name) for name, _ in orders]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_cache_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYGAN_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("ANYGAN_CACHE")
    assert cache_folder().name == "anygan"


def test_the_real_files_are_those_that_would_be_fetched(real_data: Path) -> None:
    for file in (*MNIST, *FSDD):
        assert content_sha256(real_data / file.path) == file.sha256

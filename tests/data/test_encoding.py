"""Files of text: which are taken, and what becomes of bytes that are not UTF-8."""

from pathlib import Path

import pytest

from anygan.data.encoding import LOOKED, open_text
from anygan.errors import DataError


def read(path: Path, content: bytes) -> str:
    (path / "a.csv").write_bytes(content)
    with open_text(path / "a.csv", newline="") as text:
        return text.read()


def test_a_mark_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa\r\n\xc3\xa9\n") == "a\r\né\n"
    assert read(tmp_path, b"") == ""


def test_a_stray_line_is_handed_on_to_the_byte(tmp_path: Path) -> None:
    content = b"plain\n" * 20 + b"caf\xe9\n"
    text = read(tmp_path, content)
    assert text.endswith("caf\udce9\n")
    assert text.encode("utf-8", "surrogateescape") == content


@pytest.mark.parametrize(("strange", "taken"), [(10, True), (11, False)])
def test_one_line_in_ten_may_be_strange(tmp_path: Path, strange: int, taken: bool) -> None:
    content = b"plain\n" * (100 - strange) + b"caf\xe9\n" * strange
    if taken:
        assert read(tmp_path, content).count("\udce9") == strange
        return
    with pytest.raises(DataError, match=r"a\.csv, line 90: the byte 0xE9 is not UTF-8 \(11 of 100 lines are not\)"):
        read(tmp_path, content)


def test_the_place_where_the_look_ends_may_lie_within_a_character(tmp_path: Path) -> None:
    for before in range(4):
        content = b"x" * (LOOKED - 4 + before) + "\N{MATHEMATICAL BOLD SMALL A}".encode() * 3
        assert read(tmp_path, content).encode() == content

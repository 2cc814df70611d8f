"""``--given`` in its forms."""

import pytest

from anygan.cli.given import Given, names_of, parse


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["text,audio"], Given(("text", "audio"), ())),
        (["text", "audio, text"], Given(("text", "audio"), ())),
        (["text=one, two", "audio=a.wav"], Given((), (("text", "one, two"), ("audio", "a.wav")))),
        (["text=a=b"], Given((), (("text", "a=b"),))),
        (["image", "text=x"], Given(("image",), (("text", "x"),))),
    ],
)
def test_forms(options: list[str], found: Given) -> None:
    assert parse(options) == found


def test_empty_names_are_none() -> None:
    assert names_of([" a,,b ,", ""]) == ("a", "b")

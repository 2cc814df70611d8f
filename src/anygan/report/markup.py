"""Texts and numbers as HTML: escaped, and as a person reads them."""

import html
import math
import re

__all__ = ["DASH", "below", "marked", "number", "plain"]

DASH = "\N{EN DASH}"
"""What stands where nothing is known."""


def marked(text: str) -> str:
    """A text, escaped, in which ``**bold**`` and `` `code` `` are understood."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", bold)


def plain(text: str) -> str:
    """A text as an attribute's value, escaped and without its marks."""
    return html.escape(re.sub(r"\*\*|`", "", text))


def number(value: object) -> str:
    """A value as a person reads it, escaped."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if isinstance(value, float):
        size = abs(value)
        if 0 < size < 0.0005:
            return f"{value:.1e}"
        return f"{value:,.{3 if size <= 1 else 2 if size < 10 else 1 if size < 1000 else 0}f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else html.escape(str(value))


def below(text: str, tag: str = "figcaption") -> str:
    """What stands below a picture or a table; nothing for no text."""
    return f'<{tag} class="caption">{marked(text)}</{tag}>' if text else ""

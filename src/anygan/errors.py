"""What went wrong, in the user's words.

Every error a user can mend is an :class:`AnyGANError`: a sentence that says what was expected, what came and what to
type. The command line prints it alone and ends with exit code 2. Whatever else is raised is a defect of ours.
"""

import difflib
import re
from collections.abc import Iterable

__all__ = ["AnyGANError", "AnyGANWarning", "CellError", "ConfigError", "DataError", "RunError", "nearest", "plain"]

SHOWN = 10
"""Known names that an error lists at most, two more rather than a count of two."""

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls but line end and tab, turns of the writing direction, halves of characters."""


class AnyGANError(ValueError):
    """Something the user can mend."""


class AnyGANWarning(UserWarning):
    """Something the user should know of, though the work goes on. The command line prints it alone, on stderr."""


class CellError(AnyGANError):
    """One cell cannot be read. The message is the reason alone; who reads the row adds row, column and file."""


class ConfigError(AnyGANError):
    """A setting that is unknown, or does not go with the others."""


class DataError(AnyGANError):
    """A data set that cannot be found, read or understood."""


class RunError(AnyGANError):
    """A run folder or checkpoint that cannot be used as asked."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: the nearest known one, or all of them, or of many the first few.

    Example:
        >>> nearest("imag", ["image", "text"])
        " Did you mean 'image'?"
        >>> nearest("zzz", ["image", "text"])
        ' Known: image, text.'
        >>> nearest("zzz", [f"row{i}" for i in range(40)])
        ' Known: row0, row1, row2, row3, row4, row5, row6, row7, row8, row9 and 30 more.'
    """
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN + 2 else ""
    return f" Did you mean '{close[0]}'?" if close else f" Known: {', '.join(names[:SHOWN] if more else names)}{more}."


def plain(text: str) -> str:
    """A text from a stranger's file as it may be shown on a terminal: nothing in it moves the cursor.

    Example:
        >>> plain("deep\x1b[31m red").encode()
        b'deep\xef\xbf\xbd[31m red'
    """
    return HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)

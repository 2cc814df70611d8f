"""How figures and names stand in a sentence."""

from collections.abc import Sequence

__all__ = ["listed", "percent"]


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    Example:
        >>> listed(["image"]), listed(["image", "audio"]), listed(["image", "audio", "text"])
        ('image', 'image and audio', 'image, audio and text')
    """
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def percent(share: float) -> str:
    """A share as a percentage, with a decimal where it tells: near nothing and near all.

    Example:
        >>> percent(0.5), percent(0.063), percent(0.997), percent(1.0)
        ('50%', '6.3%', '99.7%', '100%')
    """
    return f"{share:.1%}" if share < 0.1 or 0.99 < share < 1 else f"{share:.0%}"

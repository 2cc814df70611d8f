"""Restore a picture of which a box is covered.

    python examples/restore_a_picture.py --run runs/sm --out runs/restore

The box is made transparent and left to ``complete``, with the picture alone or with the row's sentence and sound beside
it: what can be seen stays as it is and steers the rest.

The rivals take the box from the training picture that comes nearest in the pixels that can be seen: of all of them, or
of those that bear the row's own sentence.
Without ``--run`` a model is trained first. ``$ANYGAN_DATA`` names the data.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from workbench import judge_of, open_model, options, print_table, rows_of, signature, write_sheet

import anygan

SIDE = 14
"""Of the covered box, pixels; a digit is about 20 high."""

GREY = 128
"""What stands in the box on the sheet."""

NEAREST, SAME = "nearest training picture", "nearest training picture of the same sentence"
ALONE, LED = "AnyGAN complete, picture alone", "AnyGAN complete, with the other cells"

SHOWN = 12

Pictures = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def covered(pictures: Pictures, seed: int) -> Mask:
    """Where a box lies on each of some pictures (N, H, W), anywhere within their middle: (N, H, W)."""
    count, height, width = pictures.shape
    chance = np.random.default_rng(seed)
    top, left = (chance.integers(4, size - SIDE - 3, count)[:, None, None] for size in (height, width))
    y, x = np.arange(height)[None, :, None], np.arange(width)[None, None, :]
    inside: Mask = (y >= top) & (y < top + SIDE) & (x >= left) & (x < left + SIDE)
    return inside


def nearest(damaged: Pictures, hidden: Mask, candidates: Pictures) -> Pictures:
    """For one picture (H, W), that of some candidates (K, H, W) which differs least where it can be seen."""
    there = candidates[:, ~hidden].astype(np.float32) - damaged[~hidden]
    best: Pictures = candidates[int(np.square(there).sum(1).argmin())]
    return best


def completed(model: anygan.Model, rows: Iterable[dict[str, Any]], seed: int) -> Pictures:
    """The pictures (N, H, W) of rows, what is transparent of them filled."""
    made = model.complete(rows, seed=seed, partial=True)
    return np.stack([np.asarray(row.cells["image"]) for row in made])


def chosen(damaged: Pictures, hidden: Mask, pools: Iterable[Pictures]) -> Pictures:
    """The nearest of each picture's own candidates."""
    return np.stack([nearest(*one) for one in zip(damaged, hidden, pools, strict=True)])


def fillings(
    model: anygan.Model, train: anygan.DataSet, rows: Sequence[dict[str, Any]], hidden: Mask, seed: int
) -> dict[str, Pictures]:
    """Way -> pictures (N, H, W) from which the box is taken."""
    whole = np.stack([np.asarray(row["image"]) for row in rows])
    damaged = np.where(hidden, np.uint8(GREY), whole)
    layers = np.stack([damaged, np.where(hidden, 0, 255).astype(np.uint8)], 3)
    holed = [{"image": PIL.Image.fromarray(layer)} for layer in layers]
    index = train.pairing(0).index
    shelf = np.stack([np.asarray(train.columns["image"].cells[i]) for i in index["image"]])
    said = np.asarray(train.columns["text"].cells)[index["text"]]
    known = set(said)
    same = (shelf[said == row["text"]] if row["text"] in known else shelf for row in rows)

    beside = [{"text": row["text"], "audio": row["audio"]} for row in rows]
    return {
        "left black": np.zeros_like(whole),
        "mean training picture": np.broadcast_to(shelf.mean(0).astype(np.uint8), whole.shape),
        NEAREST: chosen(damaged, hidden, [shelf] * len(rows)),
        ALONE: completed(model, holed, seed),
        SAME: chosen(damaged, hidden, same),
        LED: completed(model, [a | b for a, b in zip(holed, beside, strict=True)], seed),
        "the picture itself": whole,
    }


def main() -> None:
    """Cover, restore in every way, print the table, write the sheet."""
    asked = options(__doc__, rows=500, draws=64).parse_args()
    train, test = anygan.load_data(asked.data), anygan.load_data(f"{asked.data}:test")
    model = open_model(asked, train)
    test = rows_of(test, asked.rows, asked.seed)
    rows = list(test.rows())
    whole = np.stack([np.asarray(row["image"]) for row in rows])
    hidden = covered(whole, asked.seed)
    judge, digits = judge_of(train, "image", "digit", asked.judge_steps), test.pairing(0).labels["digit"]
    lines: list[list[str | float]] = []
    restored = {}
    for way, filling in fillings(model, train, rows, hidden, asked.seed).items():
        # All that can be seen stays as it is; only the box is taken.
        restored[way] = np.where(hidden, filling, whole)
        error = (filling[hidden].astype(np.float64) - whole[hidden]) / 255
        lines.append([way, float(np.sqrt(np.square(error).mean())), judge.accuracy(list(restored[way]), digits)])
    print_table(["the box is filled with", "RMSE in the box (ink 0 to 1)", "judge names the digit"], lines)
    print(f"{signature(model, asked, len(rows))}; judge {judge.name}; box of {SIDE}x{SIDE} pixels")
    write_sheet(
        ["damaged", "nearest\ntraining", "AnyGAN\nalone", "same\nsentence", "AnyGAN\nother cells", "itself"],
        [
            [np.where(hidden[i], GREY, whole[i]), *(restored[way][i] for way in (NEAREST, ALONE, SAME, LED)), whole[i]]
            for i in range(min(SHOWN, len(rows)))
        ],
        [str(row["text"]).replace(", ", ",\n") for row in rows[:SHOWN]],
        asked.out / "restore_a_picture.png",
    )


if __name__ == "__main__":
    main()

"""Fill a gap in a sentence: the row's picture and sound, and the rest of the sentence, tell what stands there.

    python examples/fill_a_gap.py --run runs/sm --out runs/gap

Every word of a test caption is taken out in turn: "the [___] seven leaning left, said by theo". What may stand in a
gap is what the training captions have there when all their other words are the same; a gap that leaves no choice is
passed over. AnyGAN fills it in two ways:

    complete the sentence with its gap, ``___``, beside picture and sound: any words may come; the known ones stay
    code     of the sentences that the choices make, the one whose code lies nearest to that of picture and sound

The rivals are the commonest choice in the training captions, and classifiers trained for each gap with its labels.
Without ``--run`` a model is trained first. ``$ANYGAN_DATA`` names the data.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from workbench import codes_of, judge_of, open_model, options, print_table, rows_of, signature, write_sheet

import anygan
from anygan.data.captions import WORDS

GIVEN = (["image"], ["audio"], ["image", "audio"])
TOLD_BY = {"digit": ("image", "audio"), "thickness": ("image",), "slant": ("image",), "speaker": ("audio",)}
"""What a gap may ask for, and which other cells show it."""

Told = Counter[str]


@dataclass(frozen=True)
class Gap:
    """A gap in the caption of one row.

    Attributes:
        row: number of the row.
        words: the caption, word by word.
        place: where the gap is among them.
        asks: the label that it asks for.
        choices: what may stand in it, and how often it does in training.
    """

    row: int
    words: list[str]
    place: int
    asks: str
    choices: Told

    @property
    def truth(self) -> str:
        """What stood there."""
        return self.words[self.place]

    def with_word(self, word: str) -> str:
        """The sentence with the gap filled."""
        return " ".join([*self.words[: self.place], word, *self.words[self.place + 1 :]]).replace(" ,", ",")


def split(sentence: str) -> list[str]:
    """Words and marks."""
    return re.findall(r"\w+|[^\w\s]", sentence)


def contexts(train: anygan.DataSet) -> Mapping[tuple[str, ...], Told]:
    """Sentences with one word put out -> the words that stand there in training, and how often."""
    found: dict[tuple[str, ...], Told] = defaultdict(Counter)
    numbers = Counter(train.pairing(0).index["text"].tolist())
    for number, count in numbers.items():
        words = split(train.columns["text"].cells[number])
        for place in range(len(words)):
            found[(*words[:place], "", *words[place + 1 :])][words[place]] += count
    return found


def gaps_of(test: anygan.DataSet, known: Mapping[tuple[str, ...], Told]) -> Iterator[Gap]:
    """Every gap of every row that leaves a choice."""
    labels = test.pairing(0).labels
    for row, cells in enumerate(test.rows()):
        words = split(str(cells["text"]))
        for place, word in enumerate(words):
            choices = known[(*words[:place], "", *words[place + 1 :])]
            if len(choices) > 1:
                asks = next((name for name in TOLD_BY if str(labels[name][row]) == word), "digit")
                yield Gap(row, words, place, asks, choices)


def by_complete(
    gaps: Sequence[Gap], model: anygan.Model, test: anygan.DataSet, given: Sequence[str], seed: int
) -> list[str]:
    """Filled by the model, which knows neither the choices nor that one word is wanted."""
    rows = list(test.rows())
    holed = [{name: rows[gap.row][name] for name in given} | {"text": gap.with_word("___")} for gap in gaps]
    made = [split(str(row.cells["text"])) for row in model.complete(holed, seed=seed, partial=True)]
    return [words[gap.place] if len(words) == len(gap.words) else "" for words, gap in zip(made, gaps, strict=True)]


def by_code(gaps: Sequence[Gap], model: anygan.Model, codes: NDArray[np.float32]) -> list[str]:
    """Filled so that the sentence's code lies nearest to the row's, one of (rows, code)."""
    sentences = sorted({gap.with_word(word) for gap in gaps for word in gap.choices})
    lies = dict(zip(sentences, codes_of(model, [{"text": sentence} for sentence in sentences], ["text"]), strict=True))
    return [max(gap.choices, key=lambda word: float(lies[gap.with_word(word)] @ codes[gap.row])) for gap in gaps]


@torch.inference_mode()
def by_classifier(
    gaps: Sequence[Gap], train: anygan.DataSet, test: anygan.DataSet, name: str, steps: int | None
) -> list[str]:
    """Filled by classifiers of one modality's real cells, each trained on the label that its gaps ask for."""
    rows, filled = list(test.rows()), [gap.choices.most_common(1)[0][0] for gap in gaps]
    for label in {gap.asks for gap in gaps if name in TOLD_BY[gap.asks]}:
        judge = judge_of(train, name, label, steps)
        scores = judge.head(judge.features([row[name] for row in rows])).numpy()
        words = [WORDS[int(one)] if label == "digit" else str(one) for one in judge.classes]
        for i, gap in enumerate(gaps):
            if gap.asks == label:
                likely = dict(zip(words, scores[gap.row], strict=True))
                filled[i] = max(gap.choices, key=lambda word: likely[word])
    return filled


def main() -> None:
    """Take words out, fill the gaps in every way, print the table, write the sheet."""
    asked = options(__doc__, rows=500, draws=32).parse_args()
    train, test = anygan.load_data(asked.data), anygan.load_data(f"{asked.data}:test")
    model = open_model(asked, train)
    test = rows_of(test, asked.rows, asked.seed)
    gaps = list(gaps_of(test, contexts(train)))
    ways = {"commonest in training": [gap.choices.most_common(1)[0][0] for gap in gaps]}
    for given in GIVEN:
        cells = " + ".join(given)
        ways[f"AnyGAN, complete, {cells}"] = by_complete(gaps, model, test, given, asked.seed)
        ways[f"AnyGAN, code, {cells}"] = by_code(gaps, model, codes_of(model, test, given))
    for name in ("image", "audio"):
        ways[f"classifier with labels, {name}"] = by_classifier(gaps, train, test, name, asked.judge_steps)
    asks = [name for name in TOLD_BY if any(gap.asks == name for gap in gaps)]
    of = {name: np.array([gap.asks == name for gap in gaps]) for name in asks}
    lines: list[list[str | float]] = [["gaps", *(str(of[name].sum()) for name in asks)]]
    for way, filled in ways.items():
        right = np.array([word == gap.truth for word, gap in zip(filled, gaps, strict=True)])
        lines.append([way, *(float(right[of[name]].mean()) for name in asks)])
    print_table(["the gap is filled by", *asks], lines)
    print(signature(model, asked, len(test)))
    draw(test, gaps[:: max(1, len(gaps) // 10)][:10], gaps, ways, asked.out / "fill_a_gap.png")


def draw(
    test: anygan.DataSet, shown: Sequence[Gap], gaps: Sequence[Gap], ways: Mapping[str, Sequence[str]], path: Any
) -> None:
    """Some gaps beside their rows' pictures, and what each way put there."""
    rows, ways = list(test.rows()), {way: ways[way] for way in ways if "image + audio" in way or "commonest" in way}
    notes = [
        "\n".join(
            [
                f"{gap.with_word('[___]')}   (was: {gap.truth})",
                *(f"{filled[gaps.index(gap)]:10} {way}" for way, filled in ways.items()),
            ]
        )
        for gap in shown
    ]
    write_sheet(["picture"], [[np.asarray(rows[gap.row]["image"])] for gap in shown], notes, path)


if __name__ == "__main__":
    main()

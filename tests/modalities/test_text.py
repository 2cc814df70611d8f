"""Text: a tokeniser that loses nothing, and a latent that is white."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from anygan.errors import CellError, DataError
from anygan.modalities import Scale, Text
from anygan.modalities.text import TextCanvas, split

SENTENCES = [f"the {how} {what}." for how in ("thick", "thin", "old") for what in ("seven", "two", "Äpfel", "cat")]


@given(st.text())
def test_any_text_splits_and_joins(text: str) -> None:
    assert "".join(split(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_decodes_to_what_was_encoded(text: str) -> None:
    modality = Text("t", words=(" the", "a", "the", "é "))
    assert modality.decode(modality.encode(text)) == text


def test_frequent_words_are_one_token() -> None:
    modality = Text.fit("t", SENTENCES, Scale())
    assert len(modality.encode("the thick seven.")) == 4
    assert modality.length == 5
    assert modality.write(modality.read("the old Äpfel.")) == "the old Äpfel."


def test_unknown_words_are_bytes_and_long_texts_are_cropped() -> None:
    modality = Text.fit("t", SENTENCES, Scale(tokens=8))
    assert modality.decode(modality.encode("zebra, 日本")) == "zebra, 日本"
    stored = modality.read("the old cat. " * 20)
    assert stored.shape == (5,)
    assert modality.write(stored) == "the old cat."


@pytest.mark.parametrize("cell", ["", 3, None])
def test_what_is_no_text_is_refused(cell: object) -> None:
    with pytest.raises(CellError):
        Text.fit("t", SENTENCES, Scale()).read(cell)


def test_a_column_without_text_is_refused() -> None:
    with pytest.raises(DataError, match="'t'"):
        Text.fit("t", [], Scale())


def trained_canvas() -> tuple[Text, TextCanvas, torch.Tensor, torch.Generator]:
    """A canvas that knows a few sentences, and them stored."""
    torch.manual_seed(0)
    modality = Text.fit("t", SENTENCES, Scale(latent=16, width=32))
    canvas, chance = modality.canvas(), torch.Generator().manual_seed(0)
    stored = torch.stack([modality.read(s) for s in SENTENCES])
    optimizer = torch.optim.AdamW(canvas.parameters(), 3e-3)
    for _ in range(300):
        optimizer.zero_grad()
        canvas.loss(stored.repeat(4, 1), chance).backward()
        optimizer.step()
    with torch.no_grad():
        canvas.settle(stored)
    return modality, canvas, stored, chance


def test_a_trained_canvas_gives_sentences_back_through_noise() -> None:
    modality, canvas, stored, chance = trained_canvas()
    with torch.no_grad():
        white = canvas(stored)
        noised = white + canvas.noise * torch.randn(white.shape, generator=chance)
        back = [modality.write(s) for s in canvas.inverse(noised)]
    assert sum(a == b for a, b in zip(back, SENTENCES, strict=True)) >= 11
    assert white.mean(0).abs().max() < 1e-3
    assert white.std() < 1.1


def test_what_is_written_between_two_sentences_is_nearer_when_more_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-way between sentences a greedy decoder mixes their words; of several the nearest is nearer."""
    _, canvas, stored, _ = trained_canvas()
    with torch.no_grad():
        white = canvas(stored)
        between = (white + white.roll(1, 0)) / 2
        monkeypatch.setattr("anygan.modalities.text.NEAR", 100.0)
        monkeypatch.setattr("anygan.modalities.text.BEAMS", 1)
        greedy = (canvas.snap(between) - between).square().sum(1)
        monkeypatch.setattr("anygan.modalities.text.BEAMS", 4)
        weighed = (canvas.snap(between) - between).square().sum(1)
    assert weighed.mean() < 0.98 * greedy.mean()


def test_a_sentence_is_read_and_learned_alike_beside_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "randn", lambda *size, **_: torch.zeros(*size[0] if len(size) == 1 else size))
    monkeypatch.setattr(torch, "rand", lambda *size, **_: torch.ones(*size[0] if len(size) == 1 else size))
    modality = Text.fit("t", ["a cat", "the old cat sat on the mat and sang", "dogs"], Scale())
    canvas, chance = modality.canvas(), torch.Generator()
    rows = [modality.read(text)[None] for text in ("dogs", "the old cat sat on the mat and sang", "a cat")]
    together = torch.cat(rows)
    assert canvas.latent(together).allclose(torch.cat([canvas.latent(row) for row in rows]), atol=1e-5)
    tokens = torch.tensor([int((row != 0).sum()) for row in rows])
    apart = torch.stack([canvas.loss(row, chance) for row in rows]).detach()
    assert canvas.loss(together, chance).item() == pytest.approx(float((apart * tokens).sum() / tokens.sum()), abs=1e-5)
    assert canvas.loss(torch.cat([together, torch.zeros_like(rows[0])]), chance).isfinite()

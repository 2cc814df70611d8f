"""What every kind of modality keeps, whatever it holds."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from members import MEMBERS, SCALE, equal
from torch import Tensor

from anygan.errors import CellError, ConfigError, DataError
from anygan.modalities import KINDS, Canvas, Modality, from_spec

kinds = pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.kind)


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


@cache
def fitted(kind: str) -> tuple[Modality, Tensor]:
    """The modality and its stored cells."""
    cells = next(m for m in MEMBERS if m.kind == kind).cells()
    modality = KINDS[kind].fit("it", cells, SCALE)
    return modality, torch.stack([modality.read(cell) for cell in cells])


@cache
def trained(kind: str) -> tuple[Canvas, list[float]]:
    """A canvas, and its losses where it is learned."""
    modality, stored = fitted(kind)
    canvas, losses = modality.canvas(), []
    if canvas.learned:
        optimiser, generator = torch.optim.Adam(canvas.parameters(), 3e-3), torch.Generator().manual_seed(0)
        for _ in range(60):
            optimiser.zero_grad()
            loss = canvas.loss(stored, generator)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        with torch.no_grad():
            canvas.settle(stored)
    return canvas.requires_grad_(False), losses


def test_members_are_all_kinds():
    assert [m.kind for m in MEMBERS] == list(KINDS)


@kinds
def test_spec_travels_as_json(member):
    modality, _ = fitted(member.kind)
    again = from_spec(json.loads(json.dumps(modality.spec())))
    assert again == modality
    assert modality.name == "it"
    assert modality.spec()["kind"] == member.kind


@kinds
def test_what_is_known_keeps_its_place_when_more_is_seen(member):
    modality, _ = fitted(member.kind)
    cells = member.cells()
    assert modality.extended(cells, SCALE) == modality
    before = KINDS[member.kind].fit("it", cells[: len(cells) // 2], SCALE)
    after = before.extended(cells, SCALE)
    for cell in cells[: len(cells) // 2]:
        had, has = before.read(cell), after.read(cell)
        assert equal(has[tuple(slice(size) for size in had.shape)], had)
    places = after.places(before)
    assert (places is None) == (after == before or member.kind != "table")
    if places is not None:
        assert len(set(places)) == len(places) == before.canvas().shape[0]


@kinds
def test_stored_has_one_shape_and_type(member):
    modality, _ = fitted(member.kind)
    assert len({(modality.read(cell).shape, modality.read(cell).dtype) for cell in member.cells()}) == 1


@kinds
def test_read_does_not_depend_on_the_hour(member):
    modality, stored = fitted(member.kind)
    assert equal(stored[3], modality.read(member.cells()[3]))


@kinds
def test_bad_cells_are_refused_with_a_reason(member):
    modality, _ = fitted(member.kind)
    for cell, word in (*member.bad, (object(), "object"), (Path("nowhere.bin"), "")):
        with pytest.raises(CellError) as caught:
            modality.read(cell)
        assert len(str(caught.value)) > 8
        assert word in str(caught.value)


@kinds
def test_fit_passes_over_bad_cells(member):
    bad = [cell for cell, _ in member.bad]
    mixed = KINDS[member.kind].fit("it", [bad[0], *member.cells(), *bad[1:]], SCALE)
    assert mixed.read(member.cells()[0]).shape == fitted(member.kind)[1][0].shape


@kinds
@pytest.mark.parametrize("cells", [[], [object(), object()]], ids=["none", "unreadable"])
def test_fit_needs_a_readable_cell(member, cells):
    with pytest.raises(DataError, match="it"):
        KINDS[member.kind].fit("it", cells, SCALE)


@kinds
def test_what_is_written_reads_the_same(member):
    modality, stored = fitted(member.kind)
    again = torch.stack([modality.read(cell) for cell in modality.write_all(stored)])
    if member.tolerance:
        canvas = modality.canvas()
        assert (canvas(stored) - canvas(again)).abs().mean() < member.tolerance
    elif member.kind == "image":
        assert (again.float() - stored.float()).abs().mean() < 40  # noise, resized twice
    else:
        assert equal(again, stored)


@kinds
def test_write_all_is_write(member):
    modality, stored = fitted(member.kind)
    for one, other in zip(modality.write_all(stored[:2]), map(modality.write, stored[:2]), strict=True):
        assert torch.allclose(modality.read(one).float(), modality.read(other).float(), atol=0.2, equal_nan=True)


@kinds
def test_files_hold_what_they_should(member, tmp_path):
    modality, stored = fitted(member.kind)
    cell = modality.write(stored[0])
    path = tmp_path / f"cell{modality.suffix}"
    if not modality.suffix:
        with pytest.raises(NotImplementedError):
            modality.save(cell, path)
        return
    modality.save(cell, path)
    read = modality.read(path)
    assert read.shape == stored[0].shape
    assert (read.float() - modality.read(cell).float()).abs().mean() < 0.2


@kinds
def test_only_a_learned_canvas_has_a_loss(member):
    canvas, losses = trained(member.kind)
    if canvas.learned:
        assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    else:
        with pytest.raises(NotImplementedError):
            canvas.loss(fitted(member.kind)[1], torch.Generator())


@kinds
def test_canvas_has_its_shape_and_range(member):
    _, stored = fitted(member.kind)
    canvas, _ = trained(member.kind)
    x = canvas(stored)
    assert x.shape == (len(stored), *canvas.shape)
    assert x.dtype == torch.float32
    assert x.isfinite().all()
    assert x.abs().max() < 6
    assert 0.05 < x.square().mean().sqrt() < 2


@kinds
def test_canvas_leads_back(member):
    _, stored = fitted(member.kind)
    canvas, _ = trained(member.kind)
    again = canvas.inverse(canvas(stored))
    assert again.shape == stored.shape
    assert again.dtype == stored.dtype
    assert again.isfinite().all()
    if member.kind == "vector":
        assert torch.allclose(again, stored, atol=1e-5)
    elif not canvas.learned:
        given = ~stored.isnan()
        assert equal(again[given], stored[given])


@kinds
def test_finish_keeps_the_range_and_passes_gradient(member):
    canvas, _ = trained(member.kind)
    raw = (3 * torch.randn(5, *canvas.shape)).requires_grad_()
    drawn = canvas.finish(raw)
    assert drawn.shape == raw.shape
    drawn.square().sum().backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()
    assert raw.grad.abs().sum() > 0
    if member.kind in ("image", "audio", "table"):
        assert drawn.abs().max() <= 1


@kinds
@pytest.mark.parametrize("size", [0.0, 1.0, 100.0])
def test_whatever_is_drawn_can_be_written_and_read(member, size):
    modality, stored = fitted(member.kind)
    canvas, _ = trained(member.kind)
    drawn = canvas.inverse(canvas.finish(size * torch.randn(4, *canvas.shape)))
    assert drawn.dtype == stored.dtype
    for cell in modality.write_all(drawn):
        assert modality.read(cell).shape == stored.shape[1:]
        if member.kind == "table":
            assert None not in cell.values()


@kinds
def test_canvas_state_survives_saving(member):
    modality, stored = fitted(member.kind)
    canvas, _ = trained(member.kind)
    other = modality.canvas()
    other.load_state_dict(canvas.state_dict())
    assert torch.equal(other(stored), canvas(stored))


@kinds
def test_preview_is_a_picture_or_nothing(member, tmp_path):
    modality, stored = fitted(member.kind)
    path = modality.preview([*member.cells(5), *modality.write_all(stored[:2])], tmp_path / "sheet.png")
    assert modality.preview([], tmp_path / "none.png") is None
    if path is None:
        assert member.kind in ("text", "table")
        return
    with PIL.Image.open(path) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) >= 32
        assert np.asarray(picture.convert("L")).std() > 1


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(ConfigError, match="image"):
        from_spec({"kind": "imag", "name": "it"})


@kinds
def test_another_way_to_say_a_cell_has_its_shape_and_by_zero_is_the_cell(member):
    _, stored = fitted(member.kind)
    canvas, _ = trained(member.kind)
    x = canvas(stored[:6])
    drawn = torch.zeros(6, 2, x.dim() - 2)
    assert torch.allclose(canvas.vary(x, drawn), x.float(), atol=1e-4)
    varied = canvas.vary(x, drawn + 1)
    assert varied.shape == x.shape
    assert varied.min() >= min(-1.0, float(x.min())) - 1e-4

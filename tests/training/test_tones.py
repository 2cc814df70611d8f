"""Tones: what is drawn is written as dark and as bright as what is real."""

from pathlib import Path

import numpy as np
import pytest
import torch

from anygan import Config, load, load_data, train
from anygan.modalities import Audio


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_a_checkpoint_holds_how_its_pictures_are_written(name: str, tmp_path: Path) -> None:
    """Beside other modalities and alone; and pictures then have about as many black pixels as real ones."""
    data = load_data(name).take(slice(0, 300))
    for _ in train(data, tmp_path, Config(size="tiny", threads=1, precision="fp32", steps=3)):
        pass
    model = load(tmp_path)
    canvas = model.net.canvases["image"]
    assert not torch.equal(canvas.steps, type(canvas)(*canvas.shape).steps)
    real = np.stack([np.asarray(data.columns["image"].cells[i]) for i in data.pairing(0).index["image"]])
    drawn = np.stack([np.asarray(row["image"]) for row in model.generate(300)])
    assert abs((drawn == 0).mean() - (real == 0).mean()) < 0.15


def test_a_checkpoint_holds_how_its_sounds_are_written(tmp_path: Path) -> None:
    """About as much is silent as among real ones, however little has been learned."""
    data = load_data("digits:train").take(slice(0, 300))
    for _ in train(data, tmp_path, Config(size="tiny", threads=1, precision="fp32", steps=3)):
        pass
    model = load(tmp_path)
    audio, canvas = model.modalities["audio"], model.net.canvases["audio"]
    assert isinstance(audio, Audio)
    assert not torch.equal(canvas.written, audio.canvas().written)
    real = torch.stack([audio.read(data.columns["audio"].cells[i]) for i in data.pairing(0).index["audio"]])
    with torch.no_grad():
        made = model.net.render(model.net.memory.codes[:300], ["audio"], torch.Generator().manual_seed(0))["audio"]
    shares = [(stored == audio.low).float().mean((0, 2)) for stored in (canvas.inverse(made), real)]
    assert (shares[0] - shares[1]).abs().max() < 0.15

"""A model that is loaded."""

from pathlib import Path

import pytest

from anygan import Config, load, load_data, train


@pytest.mark.parametrize(("ratio", "quick"), [(0.5, True), (0.9, False), (70.0, False)])
def test_bf16_is_painted_in_where_it_is_much_quicker(
    ratio: float, quick: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in train(load_data("ring"), tmp_path / "run", Config(size="tiny", steps=1, threads=1, precision="fp32")):
        pass
    monkeypatch.setattr("anygan.tasks.model.bf16_ratio", lambda: ratio)
    assert load(tmp_path / "run").net.bf16 is quick

"""Which device is taken: PyTorch is asked what there is, and torchrun what else runs here."""

import pytest
import torch

from anygan.device import bf16_ratio, device
from anygan.errors import RunError


def gpus(there: int, monkeypatch: pytest.MonkeyPatch, **told: str) -> None:
    """A machine with so many GPUs, as PyTorch and torchrun would tell of it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    for name in ("LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)


def test_the_first_gpu_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(2, monkeypatch)
    assert device() == torch.device("cuda", 0)
    gpus(0, monkeypatch, LOCAL_RANK="3", LOCAL_WORLD_SIZE="4")
    assert device() == torch.device("cpu")


def test_each_process_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(4, monkeypatch, LOCAL_RANK="3", LOCAL_WORLD_SIZE="4")
    assert device() == torch.device("cuda", 3)


def test_more_processes_than_gpus_get_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(2, monkeypatch, LOCAL_RANK="0", LOCAL_WORLD_SIZE="3")
    with pytest.raises(RunError, match="3 processes cannot share 2 GPUs: start torchrun with --nproc-per-node 2"):
        device()


def test_of_products_in_bf16_and_fp32_the_fastest_count(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {torch.float32: iter(range(13, 3, -1)), torch.bfloat16: iter(range(3, 13))}
    monkeypatch.setattr("anygan.device._timed", lambda a: next(taken[a.dtype]))
    assert bf16_ratio() == 3 / 4

"""How threads wait is set before torch is loaded, and the user's word stands."""

import sys
from pathlib import Path

import pytest

from anygan.cli import start

CALM, BUSY = "cpu 100 0 0 100 0 0 0 0", "cpu 130 0 0 110 0 0 0 0"


def _prepared(monkeypatch: pytest.MonkeyPatch, unused: float, **environment: str) -> str | None:
    for name in (*start.OWN, "OMP_NUM_THREADS", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(start, "_unused", lambda: unused)
    start.prepare()
    return start.os.environ.get("OMP_WAIT_POLICY")


def test_threads_spin_on_an_idle_machine_and_sleep_on_a_busy_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _prepared(monkeypatch, 0.99) == "ACTIVE"
    assert _prepared(monkeypatch, 0.5) == "PASSIVE"
    assert _prepared(monkeypatch, 0.99, LOCAL_WORLD_SIZE="2") == "PASSIVE"


def test_the_users_word_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _prepared(monkeypatch, 0.5, OMP_WAIT_POLICY="ACTIVE") == "ACTIVE"
    assert _prepared(monkeypatch, 0.5, GOMP_SPINCOUNT="7") is None
    assert _prepared(monkeypatch, 0.5, OMP_NUM_THREADS="1") is None


def test_idle_time_is_read_from_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    stat.write_text(CALM + "\nrest")
    monkeypatch.setattr(start.time, "sleep", lambda seconds: stat.write_text(BUSY))
    assert start._unused(stat) == 0.25
    assert start._unused(tmp_path / "none") == 0.0

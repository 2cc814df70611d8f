"""The page of ``benchmarks/health.py``."""

from typing import Any

from health import BROKEN, page


def line(cell: str, seed: int = 0, **more: Any) -> dict[str, Any]:
    told = {"cell": cell, "seed": seed, "alarms": {}, "done": [], "least_spread": 0.9, "whole": True, "steps": 400}
    return told | {"hardware": "a machine", "threads": 1, "precision": "fp32"} | more


def test_a_page_tells_what_rang_and_what_rescue_was_worth() -> None:
    lines = [
        line("broken-lr-left-0", coherence=0.4, joint=0.1, alarms={"discriminator exploded image": 56}),
        line(
            "broken-lr-rescued-0",
            coherence=0.8,
            joint=0.6,
            alarms={"discriminator exploded image": 56},
            done=["56: back"],
        ),
        line("broken-poison-left-0", whole=False),
        line("broken-poison-rescued-0", coherence=0.8, joint=0.6),
        line("broken-poison-rescued-1", 1, coherence=0.9, joint=0.7),
        line("broken-poison-rescued-2", 2, coherence=0.7, joint=0.8),
        line("healthy-digits-0", coherence=0.84, joint=0.55),
        *(line(f"healthy-ring-{seed}", seed, least_spread=0.9 + seed / 10) for seed in range(3)),
        line("healthy-stacked-mnist-0", alarms={"discriminator won image": 170}),
    ]
    told = page(lines)
    assert "| lr | 0 | discriminator exploded image (56) | 56: back | 0.40, 0.10 | 0.80, 0.60 |" in told
    assert "| poison | 0 | none | nothing | no numbers are left | 0.80, 0.60 |" in told
    assert "| poison, rescued | 3 | 0.800 (0.700 to 0.900) | 0.700 (0.600 to 0.800) |" in told
    assert "| healthy | 1 | 0.840 | 0.550 |" in told
    assert "| ring | 400 | 3 | none | 0.90 to 1.10 | 3 |" in told
    assert "| stacked-mnist | 400 | 1 | discriminator won image (170) |" in told, "a false alarm is not hidden"
    assert all(f"| {how} |" not in told for how in BROKEN if how not in ("lr", "poison"))

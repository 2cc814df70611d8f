"""The summary of a report card: true of its figures, with labels and without."""

from typing import Any

from anygan.evaluation.summary import add_summary
from anygan.report.report import Report


def figures(**other: Any) -> dict[str, Any]:
    """Those of a card whose data have no labels, and of which little was measured."""
    bare = {
        "modalities": {"image": "image", "text": "text"},
        "data": {"test": "mine/test", "train": "mine/train", "rows": 200},
        "run": {"minutes": 3.0},
        "label": None,
        "coherence": None,
        "joint": None,
        "samples": {"distance": {}},
        "notes": ["No labels here."],
    }
    return bare | other


def page(told: dict[str, Any]) -> str:
    report = Report("card")
    add_summary(report, told)
    return report.html().split("<main>")[1]


def test_a_card_without_labels_says_so_and_how_well_pairs_fit() -> None:
    partners = {"what": "partners", "value": 0.23, "least": 0.05}
    shown = page(figures(translating={"columns": {"text": {"contests": [partners, {"what": "numbers"}]}}}))
    assert "text 23% (guessing 5.0%)" in shown
    assert "No labels here." in shown
    assert "Inventing" not in shown
    assert "200 test rows" in shown


def test_rows_that_were_learned_from_are_not_called_test_rows() -> None:
    shown = page(figures(data={"test": "mine", "train": "mine", "rows": 200}))
    assert "the rows it learned from" in shown
    assert "200 test rows" not in shown


def test_the_distance_of_training_rows_is_not_called_one_of_test_rows() -> None:
    away = {"samples": {"distance": {"image": {"value": 9.0, "floor": 0.0}}}}
    assert "real test cells" in page(figures(**away))
    shown = page(figures(data={"test": "mine", "train": "mine", "rows": 200}, **away))
    assert "test cells" not in shown
    assert "those same cells are: image 9.00 (real 0.000)" in shown


def test_a_card_with_labels_has_best_and_weakest_and_the_same_in_large() -> None:
    def one(given: str, to: str, value: float) -> dict[str, Any]:
        return {"given": [given], "to": to, "coherence": {"digit": {"value": value}}}

    shown = page(
        figures(
            label="digit",
            coherence={"value": 0.85, "directions": 2, "chance": 0.1, "ceiling": 0.97},
            translations=[one("image", "text", 0.8), one("text", "image", 0.9)],
        )
    )
    assert "Best is text to image (90%), weakest image to text (80%)" in shown
    assert "<dd>85%</dd>" in shown
    assert "No labels here." not in shown


def test_doubt_and_search_stand_beside_guessing() -> None:
    found = {"swapped": {"lowest": 0.88, "chance": 1 / 3}}
    precision = [{"k": 10, "value": value, "chance": 0.1} for value in (0.6, 0.8)]
    retrieval = [
        {"given": ["image"], "to": "text", "partner": None, "class": {"digit": {"precision": one}}} for one in precision
    ]
    shown = page(
        figures(
            label="digit",
            fusion={"modalities": ["image", "text", "audio"], "reliability": {"means": found}},
            representation={"label": "digit", "retrieval": retrieval},
        )
    )
    assert "<strong>88%</strong> of rows; guessing would find 33%" in shown
    assert "<strong>70%</strong> show the same digit; guessing would find 10%" in shown

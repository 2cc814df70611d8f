"""Points are drawn where they are, in the colours of their classes."""

import numpy as np

from anygan.report.scatter import COLOURS, draw_points

BOUNDS = np.array([-1.0, -1.0]), np.array([1.0, 1.0])


def test_points_lie_where_they_are() -> None:
    picture = np.asarray(draw_points(np.array([[1.0, 1.0]]), ["x"], ["x"], BOUNDS)).astype(int)
    lines, columns = np.nonzero((picture < 250).any(2))
    side = len(picture)
    # Up is up.
    assert columns.mean() > 0.9 * side
    assert lines.mean() < 0.1 * side


def test_classes_have_their_own_colours() -> None:
    order = [str(i) for i in range(20)]
    for name in ("0", "1", "11"):
        picture = np.asarray(draw_points(np.zeros((60, 2)), [name] * 60, order, BOUNDS))
        assert tuple(picture[160, 160]) == COLOURS[int(name) % len(COLOURS)]


def test_few_classes_are_named_and_many_are_not() -> None:
    points, classes = np.full((2, 2), -1.0), ["left", "right"]
    plain = np.asarray(draw_points(points, classes, [*classes, *map(str, range(20))], BOUNDS)).astype(int)
    named = np.asarray(draw_points(points, classes, classes, BOUNDS)).astype(int)
    legend = np.asarray(draw_points(points, classes, classes, BOUNDS, True)).astype(int)
    assert (named < 200).sum() > (plain < 200).sum()
    assert (legend[:80] < 200).any()
    assert not (named[:80] < 200).any()


def test_points_that_are_all_one_are_drawn() -> None:
    assert draw_points(np.ones((3, 2)), ["", "", ""], [""], (np.ones(2), np.ones(2))).size == (320, 320)

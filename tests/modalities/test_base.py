"""What all kinds of modality share."""

import pytest

from anygan.errors import CellError, DataError
from anygan.modalities.base import tried


def whole(cell: object) -> int:
    if not isinstance(cell, int):
        raise CellError(f"'{cell}' is no number")
    return cell


@pytest.mark.parametrize(("cells", "count"), [(5, 9), (9, 9), (10, 9), (1000, 9), (1, 1)])
def test_a_bounded_number_of_cells_is_tried_from_all_over_the_data(cells: int, count: int) -> None:
    found = tried("n", "number", whole, range(cells), count)
    assert min(cells, count) / 2 <= len(found) <= count
    assert found[0] == 0
    assert cells - found[-1] <= -(-cells // count)


def test_cells_that_cannot_be_read_are_left_out() -> None:
    assert tried("n", "number", whole, [1, "two", 3], 9) == [1, 3]


def test_of_cells_that_can_none_be_read_the_last_reason_is_told() -> None:
    with pytest.raises(DataError, match=r"No number of 'n' can be read: 'two' is no number. If .* say --kind n=KIND"):
        tried("n", "number", whole, ["one", "two"], 9)
    with pytest.raises(DataError, match="there is none"):
        tried("n", "number", whole, [], 9)

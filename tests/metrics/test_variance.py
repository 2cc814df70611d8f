"""Shares of variance: closed forms, known components, and by property."""

import pytest
import torch
from torch import Tensor

from anygan.errors import DataError
from anygan.metrics import variance_shares


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_table_of_its_rows_or_columns_alone() -> None:
    values = normal(7)
    assert variance_shares(values.unsqueeze(1).expand(7, 4)) == pytest.approx((1, 0, 0), abs=1e-9)
    assert variance_shares(values.unsqueeze(0).expand(4, 7)) == pytest.approx((0, 1, 0), abs=1e-9)


def test_a_sum_of_rows_and_columns_has_nothing_left() -> None:
    rows, columns = normal(6), 2 * normal(5, seed=1)
    shares = variance_shares(rows.unsqueeze(1) + columns)
    total = float(rows.var() + columns.var())
    assert shares == pytest.approx((float(rows.var()) / total, float(columns.var()) / total, 0), abs=1e-9)


def test_known_components_are_found_without_bias() -> None:
    told = []
    for seed in range(30):
        rows, columns = 2 * normal(40, 1, seed=3 * seed), normal(1, 40, seed=3 * seed + 1)
        told.append(variance_shares(rows + columns + normal(40, 40, seed=3 * seed + 2)))
    means = torch.tensor(told).mean(0).tolist()
    assert means == pytest.approx([4 / 6, 1 / 6, 1 / 6], abs=0.03)


def test_noise_has_no_share_of_rows_however_few_the_columns() -> None:
    # A raw ratio of sums of squares would give the rows a half.
    assert variance_shares(normal(300, 2))[0] < 0.15


def test_shares_sum_to_one_and_ignore_shift_scale_and_order() -> None:
    table = normal(8, 5, 3) + normal(8, 1, 3, seed=1)
    shares = variance_shares(table)
    assert sum(shares) == pytest.approx(1)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(2))
    assert variance_shares(5 - 3 * table[order]) == pytest.approx(shares, abs=1e-9)
    assert variance_shares(table.transpose(0, 1)) == pytest.approx((shares[1], shares[0], shares[2]), abs=1e-9)


def test_where_nothing_varies_nobody_has_a_share() -> None:
    assert variance_shares(torch.full((4, 3, 2), 0.1)) == (0.0, 0.0, 0.0)


def test_one_row_is_refused() -> None:
    with pytest.raises(DataError, match="1 x 5"):
        variance_shares(normal(1, 5))

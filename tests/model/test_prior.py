"""From noise and what is known to a complete code."""

import torch
from torch import nn
from torch.nn.functional import normalize

from anygan.model.prior import Prior


def drawn(rows: int, size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def test_codes_are_unit_vectors_whether_anything_is_given_or_not() -> None:
    prior = Prior(noise=4, code=8, width=16)
    given = normalize(drawn(6, 8), dim=1)
    given[3:] = 0
    assert torch.allclose(prior(drawn(6, 4), given).norm(dim=1), torch.ones(6))


def test_what_is_given_is_kept_where_the_network_says_nothing() -> None:
    prior = Prior(noise=4, code=8, width=16)
    last = prior.net[-1]
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    given = normalize(drawn(6, 8), dim=1)
    assert torch.allclose(prior(drawn(6, 4), given), given, atol=1e-6)


def test_noise_decides_where_nothing_is_given() -> None:
    prior = Prior(noise=4, code=8, width=16)
    nothing = torch.zeros(2, 8)
    one, two = prior(drawn(2, 4), nothing)
    assert not torch.allclose(one, two)

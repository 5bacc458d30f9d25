"""What is gained by reporting the best of several: its bias lies between both estimates."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from hccer.validation.optimism import choice_optimism
from schemas.errors import HccerError


def rated(seed: int, shift: float, algorithms: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """18 events and 15 others, rated by algorithms that are equally good."""
    y = np.repeat([1, 0], [18, 15])
    return y, np.random.default_rng(seed).normal(size=(algorithms, 33)) + shift * y


def test_the_bias_of_choosing_lies_between_both_estimates():
    true_auc, found = norm.cdf(1 / np.sqrt(2)), []
    for seed in range(60):
        y, score = rated(seed, 1.0)
        one = choice_optimism(list("abcde"), y, score, 100, 0)
        found.append((one.optimism, one.auc - true_auc, one.out_of_bag))
        assert one.auc == pytest.approx(max(roc_auc_score(y, each) for each in score))
        assert one.corrected == one.auc - one.optimism
    low, bias, high = np.mean(found, axis=0)
    assert 0.04 < low < bias < high < 0.15


def test_one_algorithm_has_no_optimism():
    y, score = rated(0, 1.0, algorithms=1)
    found = choice_optimism(["LR"], y, score, 2000, 0)
    assert found.optimism == pytest.approx(0, abs=0.005) and found.chosen == {"LR": 1.0}
    assert choice_optimism(["LR"], y, score, 2000, 0) == found


def test_scores_that_cannot_be_chosen_among():
    y, score = rated(0, 1.0)
    with pytest.raises(HccerError, match=r"^4 algorithms do not go with scores of shape"):
        choice_optimism(list("abcd"), y, score, 2000, 0)
    with pytest.raises(HccerError, match="needs patients with and without the event"):
        choice_optimism(list("abcde"), np.ones(33), score, 2000, 0)
    with pytest.raises(HccerError, match="there are 1 events and 32 non-events"):
        choice_optimism(list("abcde"), np.arange(33) == 0, score, 2000, 0)

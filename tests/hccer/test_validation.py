"""The chain learns from training patients alone; noise is worth nothing, a signal something."""

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hccer.agreement.icc import icc, icc_point
from hccer.evaluation.roc import roc_curve
from hccer.evaluation.threshold import best_threshold
from hccer.validation.chain import fit_chain
from hccer.validation.choice import inner_aucs
from hccer.validation.folds import dealt, folds, permuted
from hccer.validation.nested import FoldTask, evaluate_fold, evaluate_task, fold_tasks
from hccer.validation.patients import Patients, Repeats
from hccer.validation.reliability import repeatable, unfiltered
from hccer.validation.steps import Steps
from hccer.validation.worth import Worth, permutation_p, summarise
from schemas.errors import HccerError
from schemas.validation import (
    ALGORITHMS,
    ChainSettings,
    ReliabilitySettings,
    ValidationSettings,
)

CHAIN = ChainSettings()
ONCE = ValidationSettings(n_repeats=1, n_permutations=0)
MODELS = ("LR", "CR", "RCR")
EVERY = (*ALGORITHMS, "CR", "RCR")
TEST = np.arange(0, 60, 4)
TRAIN = np.setdiff1d(np.arange(60), TEST)


def cohort(n: int = 60, p: int = 200, seed: int = 0, signal: float = 0.0) -> Patients:
    """Noise, of which 5 features and a factor tell of the outcome; 24 patients drawn again."""
    rng = np.random.default_rng(seed)
    y = (rng.permutation(n) < n // 2).astype(float)
    X = rng.normal(size=(n, p))
    X[:, :5] += signal * y[:, None]
    factors = (rng.random((n, 4)) < 0.4).astype(float)
    factors[:, 0] = rng.random(n) < 0.5 + 0.5 * (signal > 0) * (y - 0.5)
    rows = rng.choice(n, 24, replace=False)
    intra, inter = (Repeats(rows, X[rows] + 0.1 * rng.normal(size=(24, p))) for _ in range(2))
    keys = tuple(rng.bytes(32).hex() for _ in range(n))
    names = tuple(f"AP_{each}" for each in range(p))
    return Patients(X, names, keys, y, intra, inter, factors, ("ast", "size", "afp", "alt"))


def shuffled(patients: Patients, seed: int) -> tuple[Patients, np.ndarray]:
    order = np.random.default_rng(seed).permutation(len(patients.keys))
    return patients.take(order), order


def worth(patients: Patients, settings: ValidationSettings, models: tuple) -> dict[str, Worth]:
    scored = {
        task: evaluate_task(patients, task, settings, models) for task in fold_tasks(settings)
    }
    return {each.model: each for each in summarise(scored, settings)}


def scores(patients: Patients, settings: ChainSettings = CHAIN, models: tuple = MODELS) -> list:
    return [each.y_score for each in evaluate_fold(patients, TRAIN, TEST, settings, models)]


def test_the_threshold_is_chosen_on_the_patients_whom_the_model_scores():
    """Who lacks a factor is evaluated nowhere: the prevalence is no score of the model."""
    patients = cohort(200, seed=3, signal=1.2)
    factors = patients.factors.copy()
    factors[:, 0] += np.random.default_rng(1).normal(size=200)
    lacking = (patients.y_true == 1) & (np.arange(200) % 3 == 0)
    factors[lacking] = np.nan
    model = fit_chain(replace(patients, factors=factors), CHAIN, ["CR"])["CR"]
    assert model.model is not None
    known = ~lacking
    whole = replace(patients, factors=factors)
    curve = roc_curve(patients.y_true[known], model.score(whole)[known], CHAIN.threshold_cut)
    assert model.threshold == best_threshold(curve, CHAIN.threshold_rule).value
    guessed = roc_curve(patients.y_true, model.score(whole), CHAIN.threshold_cut)
    assert model.threshold != best_threshold(guessed, CHAIN.threshold_rule).value


# folds


def test_folds_follow_what_patients_are():
    patients = cohort()
    found = folds(patients.keys, patients.y_true, 3, 5, 7)
    other, order = shuffled(patients, 1)
    assert (folds(other.keys, other.y_true, 3, 5, 7) == found[:, order]).all()
    assert not (folds(patients.keys, patients.y_true, 3, 5, 8) == found).all(axis=1).any()
    assert len({each.tobytes() for each in found}) == 3
    few = dealt(patients.keys[:43], patients.y_true[:43], 5, "")
    for outcome in (0, 1):
        assert np.ptp(np.bincount(few[patients.y_true[:43] == outcome])) <= 1
    assert np.ptp(np.bincount(few)) <= 1


def test_permutations_follow_what_patients_are():
    patients = cohort()
    found = permuted(patients.keys, patients.y_true, 1, 0)
    other, order = shuffled(patients, 2)
    assert (permuted(other.keys, other.y_true, 1, 0) == found[order]).all()
    assert found.sum() == 30 and 20 <= (found == patients.y_true).sum() <= 40
    assert (permuted(patients.keys, patients.y_true, 2, 0) != found).any()
    assert permuted(patients.keys, patients.y_true, 0, 0) is patients.y_true


@pytest.mark.parametrize(
    ("y_true", "sentence"),
    [
        (np.ones(60), "60 patients with 60 events and 0 non-events: both are needed"),
        (np.arange(60) < 4, "5 folds need 5 patients of each outcome: there are 4 events and 56"),
        (np.arange(60), "58 of 60 outcomes are neither 0 nor 1"),
    ],
)
def test_folds_that_cannot_be(y_true: np.ndarray, sentence: str):
    with pytest.raises(HccerError, match=sentence):
        folds(cohort().keys, y_true, 1, 5, 0)


# nothing is learned from test patients


def test_the_order_of_rows_changes_no_score():
    patients = cohort(signal=1)
    other, order = shuffled(patients, 3)
    models = (*MODELS, "SVM", "KNN", "XGBoost", "MLP")
    task = FoldTask(1, 0, 2)
    first = evaluate_task(patients, task, ONCE, models)
    second = evaluate_task(other, task, ONCE, models)
    for a, b in zip(first, second, strict=True):
        before = dict(zip(a.rows, a.y_score, strict=True))
        after = dict(zip(order[b.rows], b.y_score, strict=True))
        assert before == after and a.threshold == b.threshold and a.kept == b.kept


def test_a_feature_that_is_the_outcome_of_test_patients_teaches_nothing():
    patients = cohort(signal=1)
    planted = patients.X.copy()
    planted[TEST, 9] = 50 * patients.y_true[TEST]
    assert "AP_9" not in fitted_names(patients)
    assert fitted_names(replace(patients, X=planted)) == fitted_names(patients)
    for before, after in zip(scores(patients), scores(replace(patients, X=planted)), strict=True):
        assert (before == after).all()
    leaky = ChainSettings(leak="selection")
    everything = evaluate_fold(replace(patients, X=planted), TRAIN, TEST, leaky, ["LR"])[0]
    assert everything.kept != evaluate_fold(patients, TRAIN, TEST, leaky, ["LR"])[0].kept


def fitted_names(patients: Patients) -> tuple[str, ...]:
    return fit_chain(patients.take(TRAIN), CHAIN, ["LR"])["LR"].model.feature_names


def test_outcomes_of_test_patients_change_no_score():
    patients = cohort(signal=1)
    turned = patients.y_true.copy()
    turned[TEST] = 1 - turned[TEST]
    models = (*MODELS, "honest")
    before = scores(patients, models=models)
    for a, b in zip(before, scores(replace(patients, y_true=turned), models=models), strict=True):
        assert (a == b).all()
    turned[TRAIN] = 1 - turned[TRAIN]
    assert (scores(replace(patients, y_true=turned))[0] != before[0]).any()


def test_scale_and_threshold_are_those_of_training_patients():
    patients = cohort(signal=1)
    column = int(fitted_names(patients)[0].removeprefix("AP_"))
    extreme = patients.X.copy()
    extreme[TEST[0], column] = 1e6
    before = evaluate_fold(patients, TRAIN, TEST, CHAIN, MODELS)
    after = evaluate_fold(replace(patients, X=extreme), TRAIN, TEST, CHAIN, MODELS)
    for a, b in zip(before, after, strict=True):
        assert a.threshold == b.threshold and (a.y_score[1:] == b.y_score[1:]).all()
    assert before[0].y_score[0] != after[0].y_score[0]


def test_repeats_of_test_patients_decide_nothing():
    patients = cohort(signal=1)
    theirs = np.isin(patients.intra.rows, TEST)
    assert 0 < theirs.sum() < 24
    other = patients.intra.X.copy()
    other[theirs] = other[theirs][:, ::-1]
    changed = replace(patients, intra=Repeats(patients.intra.rows, other))
    assert all(map(np.array_equal, scores(patients), scores(changed)))
    other[~theirs] = other[~theirs][:, ::-1]
    found = evaluate_fold(changed, TRAIN, TEST, CHAIN, MODELS)
    assert found[0].kept["repeatable"] < 5


def test_a_patient_is_in_training_or_in_test():
    with pytest.raises(HccerError, match=r"^1 patients are in training and test"):
        evaluate_fold(cohort(), TRAIN, np.append(TEST, TRAIN[0]), CHAIN, MODELS)
    patients = cohort()
    with pytest.raises(HccerError, match=r"^2 patients have the same content"):
        replace(patients, keys=(patients.keys[1], *patients.keys[1:]))


# reliability


@pytest.mark.parametrize("form", ["ICC(1)", "ICC(A,1)", "ICC(C,1)"])
@pytest.mark.parametrize("rule", ["point", "lower"])
def test_features_are_repeatable_within_and_between_readers(form: str, rule: str):
    patients = cohort()
    rows, rng = patients.intra.rows, np.random.default_rng(5)
    spread = np.linspace(0, 1, 200)
    intra, inter = (patients.X[rows] + spread * rng.normal(size=(24, 200)) for _ in range(2))
    drawn = replace(patients, intra=Repeats(rows, intra), inter=Repeats(rows[:9], inter[:9]))
    found = repeatable(drawn, ReliabilitySettings(form=form, rule=rule, threshold=0.8))
    passed = []
    for again, who in ((intra, rows), (inter[:9], rows[:9])):
        both = np.stack([patients.X[who].T, again.T], axis=2)
        value = icc_point(both, form) if rule == "point" else icc(both, form).ci_low
        passed.append(value > 0.8)
    assert (found == (passed[0] & passed[1])).all()
    assert (passed[0] != passed[1]).any() and 10 < found.sum() < 150


def test_too_few_repeats_and_none():
    patients = cohort()
    few = replace(patients, inter=Repeats(patients.inter.rows[:4], patients.inter.X[:4]))
    with pytest.raises(HccerError, match=r"^inter: 4 of 60 training patients were drawn again, 5 "):
        repeatable(few, ReliabilitySettings())
    X = patients.X.copy()
    X[:, 3] = 7
    none = replace(patients, X=X, intra=None, inter=None)
    assert list(np.flatnonzero(~repeatable(none, ReliabilitySettings()))) == [3]
    assert len(unfiltered(none)) == 2 and not unfiltered(patients)
    notes = {each.model: each.notes for each in evaluate_fold(none, TRAIN, TEST, CHAIN, MODELS)}
    assert notes["CR"] == () or "tumour" not in notes["CR"][0]
    assert notes["LR"][-1] == (
        "no tumour was drawn again by another reader: the inter ICC filters nothing"
    )


# nothing kept, values missing


def test_where_nothing_is_kept_the_prevalence_is_the_score():
    patients = cohort(seed=1)
    strict = ChainSettings(selection={"alpha": 1e-9}, factor_alpha=1e-9)
    for each in evaluate_fold(patients, TRAIN, TEST, strict, (*MODELS, "honest")):
        assert (each.y_score == patients.y_true[TRAIN].mean()).all()
        assert each.by_prevalence == len(TEST) and each.threshold == np.inf and each.notes
    none = worth(patients, ONCE.model_copy(update={"chain": strict}), MODELS)
    for each in none.values():
        assert each.auc == each.auc_within == 0.5 and each.by_prevalence == 1
    assert none["RCR"].kept == {
        "features": 200, "repeatable": 200, "screened": 0, "selected": 0,
        "factors": 4, "independent": 0,
    }  # fmt: skip
    assert sum(none["LR"].notes.values()) == 5


def test_rcr_falls_back_on_the_factors():
    patients = cohort(n=60, seed=2, signal=2.2)
    strict = ChainSettings(selection={"alpha": 1e-12})
    radiomic, clinical, both = evaluate_fold(patients, TRAIN, TEST, strict, MODELS)
    assert radiomic.by_prevalence == len(TEST) and clinical.by_prevalence == 0
    assert both.kept["independent"] >= 1 and both.by_prevalence == 0 and both.notes
    assert len(np.unique(both.y_score)) > 1


def test_a_missing_factor_is_scored_by_prevalence():
    patients = cohort(seed=2, signal=2.2)
    factors = patients.factors.copy()
    factors[[TEST[3], TRAIN[0]], :] = np.nan
    gap = replace(patients, factors=factors)
    radiomic, clinical, both = evaluate_fold(gap, TRAIN, TEST, CHAIN, MODELS)
    assert [radiomic.by_prevalence, clinical.by_prevalence, both.by_prevalence] == [0, 1, 1]
    assert both.y_score[3] == clinical.y_score[3] == patients.y_true[TRAIN].mean()
    with pytest.raises(HccerError, match="the models CR and RCR need clinical factors"):
        evaluate_fold(replace(patients, factors=None, factor_names=()), TRAIN, TEST, CHAIN, ["CR"])


def test_a_table_that_does_not_fit():
    patients = cohort()
    with pytest.raises(HccerError, match=r"^200 features and 60 patients have 199"):
        replace(patients, feature_names=patients.feature_names[1:])
    with pytest.raises(HccerError, match=r"^intra: 2 patients drawn again have a table of"):
        replace(patients, intra=Repeats(np.array([0, 1]), patients.X[:3]))
    with pytest.raises(HccerError, match=r"^inter: a row beyond the 60 patients"):
        replace(patients, inter=Repeats(np.array([0, 60]), patients.X[:2]))
    with pytest.raises(HccerError, match="factors of shape"):
        replace(patients, factors=patients.factors[:, 1:])


# what it is worth


def test_noise_is_worth_nothing_and_the_leaky_controls_show_it():
    honest = [worth(cohort(p=400, seed=seed), ONCE, EVERY) for seed in range(10)]
    for model in EVERY:
        assert np.mean([each[model].auc for each in honest]) == pytest.approx(0.5, abs=0.05)
    for leak, p, models in (("selection", 400, ("LR", "RCR")), ("all", 100, ("XGBoost",))):
        leaky = ONCE.model_copy(update={"chain": ChainSettings(leak=leak)})
        found = [worth(cohort(p=p, seed=seed), leaky, models) for seed in range(10)]
        for model in models:
            assert np.mean([each[model].auc for each in found]) > 0.8


def test_a_signal_is_found_and_permuting_it_loses_it():
    settings = ValidationSettings(n_repeats=3, n_permutations=4)
    for model in worth(cohort(signal=1.0), settings, MODELS).values():
        assert model.auc > (0.85 if model.model != "CR" else 0.65)
        assert model.auc == pytest.approx(np.mean(model.repeats)) and len(model.repeats) == 3
        assert model.ci_low <= model.auc <= model.ci_high and model.sd > 0
        assert model.p_value == 0.2 and len(model.permutations) == 4
        assert max(model.permutations) < model.auc


def test_the_same_seed_gives_the_same_numbers():
    settings = ValidationSettings(n_repeats=2, n_permutations=1)
    first, again = (worth(cohort(signal=0.7), settings, MODELS) for _ in range(2))
    assert first == again
    other = worth(cohort(signal=0.7), settings.model_copy(update={"random_state": 1}), MODELS)
    assert other["LR"].repeats != first["LR"].repeats


def test_the_pooled_auc_is_that_of_the_out_of_fold_scores():
    patients = cohort(signal=1)
    settings = ValidationSettings(n_repeats=2, n_permutations=0)
    foldid = folds(patients.keys, patients.y_true, 2, 5, 0)[1]
    pooled, within = np.empty(60), []
    for fold in range(5):
        train, test = np.flatnonzero(foldid != fold), np.flatnonzero(foldid == fold)
        pooled[test] = evaluate_fold(patients, train, test, CHAIN, ["LR"])[0].y_score
        within.append(roc_auc_score(patients.y_true[test], pooled[test]))
    found = worth(patients, settings, ("LR",))["LR"]
    assert found.repeats[1] == pytest.approx(roc_auc_score(patients.y_true, pooled))
    assert found.auc_within != found.auc and found.p_value is None


def test_missing_folds_are_named():
    patients = cohort()
    scored = {task: evaluate_task(patients, task, ONCE, ["CR"]) for task in fold_tasks(ONCE)[:4]}
    with pytest.raises(HccerError, match="repeat 0 of permutation 0 has 4 of 5 folds"):
        summarise(scored, ONCE)
    with pytest.raises(HccerError, match="no fold"):
        summarise({}, ONCE)


def test_the_p_value_counts_the_outcome_itself():
    assert permutation_p(0.7, [0.5, 0.7, 0.8, 0.4]) == 3 / 5
    assert permutation_p(0.9, [0.5] * 99) == 0.01
    assert permutation_p(0.9, []) is None


def test_the_honest_choice_is_one_of_five():
    found = evaluate_fold(cohort(signal=1.5), TRAIN, TEST, CHAIN, ["honest", "LR", "KNN", "SVM"])
    same = {each.algorithm: each.y_score for each in found[1:]}
    assert found[0].algorithm in ("LR", "SVM", "KNN", "XGBoost", "MLP")
    if found[0].algorithm in same:
        assert (found[0].y_score == same[found[0].algorithm]).all()


def test_the_honest_choice_selects_anew_in_every_inner_fold():
    quick = {"XGBoost": {"n_estimators": 5}, "MLP": {"max_iter": 20}}
    settings, found = ChainSettings(modelling=quick), []
    for seed in range(4):
        noise = cohort(p=400, seed=seed).in_order()
        found.append(inner_aucs(Steps(noise, noise, settings)))
    assert found[0].shape == (5, 5)
    assert np.mean(found, axis=(0, 1)) == pytest.approx(0.5, abs=0.15)


def test_tasks_travel_to_workers():
    patients = cohort()
    work = pickle.loads(pickle.dumps(partial(evaluate_task, patients)))
    task = FoldTask(0, 0, 0)
    back = pickle.loads(pickle.dumps(work(task, ONCE, MODELS)))
    for a, b in zip(back, evaluate_task(patients, task, ONCE, MODELS), strict=True):
        assert (a.y_score == b.y_score).all()
    assert len(fold_tasks(ValidationSettings())) == 20 * 5 + 100 * 5

from functools import cache

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from dateutil.relativedelta import relativedelta
from sklearn.metrics import roc_auc_score

from hccer.synthetic.clinical import built_in_patients, small
from schemas.clinical import ClinicalRow
from schemas.errors import HccerError
from tests.support import SHARED

GOLD = SHARED / "gold" / "paper_cr_reconstructed_165.csv"
GROUPS = [("training", 1), ("training", 0), ("validation", 1), ("validation", 0)]
SEEDS = (0, 1, 17)

# Table 1 as printed: training ER, training NER, validation ER, validation NER
TABLE_1 = [
    ("male", pl.col("sex") == "male", (68, 43, 15, 12)),
    ("female", pl.col("sex") == "female", (10, 11, 3, 3)),
    ("hepatitis", pl.col("hepatitis_b") | pl.col("hepatitis_c"), (61, 40, 11, 10)),
    ("afp", pl.col("afp_iu_ml") > 400, (21, 6, 3, 1)),
    ("alt", pl.col("alt_u_l") > 50, (26, 12, 5, 4)),
    ("ast", pl.col("ast_u_l") > 40, (36, 13, 4, 3)),
    ("ggt", pl.col("ggt_u_l") > 60, (42, 20, 7, 7)),
    ("tbil", pl.col("tbil_umol_l") > 19, (25, 13, 4, 0)),
    ("alb below", pl.col("alb_g_l") < 40, (29, 17, 4, 7)),
    ("alb at least", pl.col("alb_g_l") >= 40, (49, 37, 14, 8)),
    ("child A", pl.col("child_pugh_class") == "A", (71, 49, 18, 15)),
    ("child B", pl.col("child_pugh_class") == "B", (7, 5, 0, 0)),
    ("diameter", pl.col("diameter_cm") > 5, (30, 10, 10, 1)),
    ("multifocal", pl.col("tumour_number") == "multifocal", (12, 5, 4, 1)),
    ("unifocal", pl.col("tumour_number") == "unifocal", (66, 49, 14, 14)),
    ("several", pl.col("tumour_count") >= 2, (12, 5, 4, 1)),
    ("smooth", pl.col("tumour_margin") == "smooth", (44, 34, 10, 12)),
    ("non-smooth", pl.col("tumour_margin") == "non_smooth", (34, 20, 8, 3)),
    ("necrosis", pl.col("necrosis") == "present", (30, 17, 8, 7)),
    ("no necrosis", pl.col("necrosis") == "absent", (48, 37, 10, 8)),
    ("hemorrhage", pl.col("hemorrhage") == "present", (24, 11, 9, 2)),
    ("no hemorrhage", pl.col("hemorrhage") == "absent", (54, 43, 9, 13)),
    ("capsule", pl.col("encapsulation") == "present", (56, 44, 15, 11)),
    ("no capsule", pl.col("encapsulation") == "absent", (22, 10, 3, 4)),
    ("peritumoral", pl.col("peritumoral_enhancement") == "present", (25, 13, 5, 7)),
    ("no peritumoral", pl.col("peritumoral_enhancement") == "absent", (53, 41, 13, 8)),
    ("cirrhosis", pl.col("radiological_cirrhosis") == "present", (54, 35, 9, 8)),
    ("no cirrhosis", pl.col("radiological_cirrhosis") == "absent", (24, 19, 9, 7)),
    ("ast and diameter", (pl.col("ast_u_l") > 40) & (pl.col("diameter_cm") > 5), (15, 4, 2, 1)),
    ("patients", pl.lit(True), (78, 54, 18, 15)),
]


@cache
def patients(seed: int = 0, signal: float = 1.0) -> pl.DataFrame:
    return built_in_patients(seed, signal)


def group(frame: pl.DataFrame, split: str, event: int) -> pl.DataFrame:
    return frame.filter(given_split=split, early_recurrence=event)


def counts(frame: pl.DataFrame, condition: pl.Expr) -> tuple[int, ...]:
    return tuple(group(frame, *each).filter(condition).height for each in GROUPS)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_count_of_table_1_holds(seed: int):
    frame = patients(seed)
    given = {name: counts(frame, condition) for name, condition, _ in TABLE_1}
    assert given == {name: expected for name, _, expected in TABLE_1}


@pytest.mark.skipif(not GOLD.is_file(), reason="shared/gold is not there")
def test_joint_counts_are_those_rebuilt_from_the_paper():
    columns = ["cohort", "ast_gt40", "diameter_gt5cm", "early_recurrence"]
    gold = pl.read_csv(GOLD).group_by(columns).len()
    ours = patients().select(
        cohort="given_split",
        ast_gt40=(pl.col("ast_u_l") > 40).cast(pl.Int64),
        diameter_gt5cm=(pl.col("diameter_cm") > 5).cast(pl.Int64),
        early_recurrence="early_recurrence",
    )
    assert ours.group_by(columns).len().sort(columns).equals(gold.sort(columns))


def wald_p(frame: pl.DataFrame, *conditions: pl.Expr) -> np.ndarray:
    marks = frame.select(condition.alias(str(i)) for i, condition in enumerate(conditions))
    design = sm.add_constant(marks.to_numpy().astype(float))
    return sm.Logit(frame["early_recurrence"].to_numpy(), design).fit(disp=0).pvalues[1:]


@pytest.mark.parametrize("seed", SEEDS)
def test_afp_leaves_the_multivariate_model_and_the_others_stay(seed: int):
    training = patients(seed).filter(given_split="training")
    conditions = (pl.col("afp_iu_ml") > 400, pl.col("ast_u_l") > 40, pl.col("diameter_cm") > 5)
    alone = [wald_p(training, each)[0] for each in conditions]
    assert np.round(alone, 2).tolist() == [0.03, 0.01, 0.02]  # Table 3
    afp, ast, diameter = wald_p(training, *conditions)
    assert afp >= 0.07
    assert ast <= 0.042
    assert diameter <= 0.042


@pytest.mark.parametrize("seed", SEEDS)
def test_ages_have_the_printed_mean_sd_median_and_range(seed: int):
    frame = patients(seed)
    printed = [(58.35, 10.59), (58.38, 10.60), (57.81, 10.84), (56.81, 10.26)]
    for each, (mean, sd) in zip(GROUPS, printed, strict=True):
        ages = group(frame, *each)["age_years"]
        # a sum of whole years lies within half a year of the printed one
        assert abs(ages.sum() - mean * ages.len()) <= 0.5
        assert abs(ages.std() - sd) < 0.005
    ages = frame["age_years"]
    assert (ages.median(), ages.min(), ages.max()) == (59, 31, 83)
    assert ages.dtype.is_integer()


def completed_months(surgery: object, recurrence: object) -> int:
    passed = relativedelta(recurrence, surgery)
    return 12 * passed.years + passed.months


@pytest.mark.parametrize("seed", SEEDS)
def test_dates_follow_the_calendar(seed: int):
    for row in patients(seed).iter_rows(named=True):
        surgery, recurrence = row["surgery_date"], row["recurrence_date"]
        assert "2007-08-01" <= str(surgery) <= "2021-05-31"
        assert 1 <= (surgery - row["mri_date"]).days <= 14
        assert (recurrence is None) == (row["early_recurrence"] == 0)
        complete = surgery + relativedelta(months=24)
        assert recurrence is None or recurrence <= complete
        assert row["last_follow_up_date"] >= (recurrence or complete)
        assert str(row["last_follow_up_date"]) <= "2023-05-31"


@pytest.mark.parametrize("seed", SEEDS)
def test_recurrence_comes_at_a_median_of_7_months(seed: int):
    recurred = patients(seed).drop_nulls("recurrence_date")
    pairs = recurred.select("surgery_date", "recurrence_date").iter_rows()
    months = [completed_months(*pair) for pair in pairs]
    assert (np.median(months), min(months), max(months)) == (7, 1, 24)
    days = (recurred["recurrence_date"] - recurred["surgery_date"]).dt.total_days()
    assert round(days.median() / 30.4375, 1) in (6.9, 7.0, 7.1)


def child_pugh_points(row: dict) -> int:
    bilirubin = 1 + (row["tbil_umol_l"] >= 34) + (row["tbil_umol_l"] > 51)
    albumin = 1 + (row["alb_g_l"] <= 35) + (row["alb_g_l"] < 28)
    inr = 1 + (row["inr"] >= 1.7) + (row["inr"] > 2.3)
    ascites = ("none", "mild", "moderate_severe").index(row["ascites"]) + 1
    encephalopathy = ("none", "grade_1_2", "grade_3_4").index(row["encephalopathy"]) + 1
    return bilirubin + albumin + inr + ascites + encephalopathy


@pytest.mark.parametrize("seed", SEEDS)
def test_child_pugh_class_is_the_one_of_the_labs(seed: int):
    for row in patients(seed).iter_rows(named=True):
        allowed = {"A": (5, 6), "B": (7, 8, 9)}[row["child_pugh_class"]]
        assert child_pugh_points(row) in allowed


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_are_valid_complete_and_of_early_stage(seed: int):
    frame = patients(seed)
    fields = [name for name in ClinicalRow.model_fields if name in frame.columns]
    required = {name for name in ClinicalRow.model_fields if name != "given_split"}
    assert required <= set(fields)
    for row in frame.select(fields).iter_rows(named=True):
        assert None not in row.values()
        ClinicalRow.model_validate(row)
    assert frame["diameter_cm"].is_between(1.2, 12).all()
    assert (frame["diameter_cm"] > 10).sum() < 15
    assert set(frame["ecog"]) == {0, 1}
    assert frame["ecog"].sum() == 5
    assert frame["vascular_invasion"].sum() == 2
    assert not frame["extrahepatic_spread"].any()


def test_scanners_are_as_many_as_printed():
    frame = patients()
    strengths = dict(frame["field_strength_t"].value_counts().iter_rows())
    assert strengths == {1.5: 74, 3.0: 91}
    echo = dict(frame.group_by("field_strength_t").agg(pl.col("echo_time_ms").mean()).iter_rows())
    assert echo[3.0] < 1.5 < echo[1.5] < 2


def test_same_seed_same_patients_other_seed_others():
    assert built_in_patients(3).equals(built_in_patients(3))
    assert not patients(0)["ast_u_l"].equals(patients(1)["ast_u_l"])
    assert patients()["patient_id"].to_list() == [f"HCC_{i:03d}" for i in range(1, 166)]


def test_signal_moves_the_aggressiveness_alone():
    weak, strong = patients(4, 0.5), patients(4, 1.0)
    rest = pl.exclude("patient_id", "aggressiveness")
    assert weak.select(rest).equals(strong.select(rest))
    assert auc(weak, "aggressiveness") < auc(strong, "aggressiveness")


def auc(frame: pl.DataFrame, *columns: str) -> float:
    values = frame[columns[0]] if len(columns) == 1 else frame[columns[0]] / frame[columns[1]]
    return roc_auc_score(frame["early_recurrence"], values)


def mean_auc(signal: float, *columns: str) -> float:
    return float(np.mean([auc(patients(seed, signal), *columns) for seed in range(20)]))


INFORMATIVE = ["ast_u_l", "diameter_cm", "aggressiveness", "afp_iu_ml", "tumour_count"]


@pytest.mark.parametrize("column", INFORMATIVE)
def test_without_signal_nothing_knows_the_outcome(column: str):
    assert abs(mean_auc(0.0, column) - 0.5) < 0.05


def test_without_signal_the_group_sizes_and_the_overall_counts_stay():
    frame = patients(2, 0.0)
    assert counts(frame, pl.lit(True)) == (78, 54, 18, 15)
    for name, condition, expected in TABLE_1:
        assert frame.filter(condition).height == sum(expected), name
    assert counts(frame, pl.col("ast_u_l") > 40) != (36, 13, 4, 3)


def test_with_signal_the_markers_know_the_outcome():
    assert 0.84 < mean_auc(1.0, "aggressiveness") < 0.9
    assert mean_auc(1.0, "diameter_cm") > 0.55
    assert mean_auc(1.0, "ast_u_l") > 0.55


@pytest.mark.parametrize(
    "ratio",
    [
        ("neutrophils_10e9_l", "lymphocytes_10e9_l"),
        ("platelets_10e9_l", "lymphocytes_10e9_l"),
        ("lymphocytes_10e9_l", "monocytes_10e9_l"),
    ],
)
def test_inflammation_ratios_say_little(ratio: tuple[str, str]):
    assert abs(mean_auc(1.0, *ratio) - 0.5) < 0.05
    assert abs(auc(patients(), *ratio) - 0.5) < 0.1


@pytest.mark.parametrize("column", ["surgery_date", "patient_id"])
def test_order_does_not_reveal_the_group(column: str):
    places = [patients(seed).with_columns(place=pl.col(column).rank()) for seed in range(20)]
    aucs = [roc_auc_score(each["early_recurrence"], each["place"]) for each in places]
    assert abs(np.mean(aucs) - 0.5) < 0.05


def test_small_cohort_keeps_the_proportions():
    chosen = small(patients())
    assert counts(chosen, pl.lit(True)) == (11, 8, 3, 2)
    assert chosen.equals(small(patients()))
    assert chosen["patient_id"].is_sorted()
    assert small(patients(), 165).equals(patients())
    with pytest.raises(HccerError, match="needs 8 to 165 patients"):
        small(patients(), 3)

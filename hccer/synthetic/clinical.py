"""The built-in cohort's 165 patients: the published counts, everything else generated."""

import numpy as np
import polars as pl

from hccer.synthetic.ages import ages_of_group
from hccer.synthetic.laboratory import ascites, draw_measures
from hccer.synthetic.marks import Marks, draw_marks
from hccer.synthetic.published import Assumptions, Published, assumptions, published
from hccer.synthetic.timeline import add_follow_up, draw_surgery
from schemas.clinical import ClinicalRow
from schemas.errors import HccerError

MR_FEATURES = (
    "tumour_number",
    "tumour_margin",
    "necrosis",
    "hemorrhage",
    "encapsulation",
    "peritumoral_enhancement",
    "radiological_cirrhosis",
)
ACQUISITION = ("field_strength_t", "repetition_time_ms", "echo_time_ms", "flip_angle_deg")
FEWEST = 8


def built_in_patients(seed: int = 0, signal: float = 1.0) -> pl.DataFrame:
    """Generate the patients of the built-in cohort.

    Every count of Table 1 holds per group for any seed (at signal 0: over all patients); the seed
    decides which patient has what.
    MR features are stored as present or absent: that the paper's Table 3 codes absent as 1 is a
    matter of the analysis. The aggressiveness is
    `signal * separation * (2 * early_recurrence - 1) + N(0, 1)`, to be shown by images.

    Args:
        seed: same seed, same patients.
        signal: strength of the link between outcome and aggressiveness; at 0 the outcome is also
            permuted against all else, so that nothing holds information about it.

    Returns:
        165 rows in the order of surgery: patient_id, given_split, early_recurrence, the variables
        of `ClinicalRow`, the consensus MR features, acquisition, dates, aggressiveness.
        `recurrence_date` is null where there is no early recurrence.

    Source: Zhao Y et al. Front Oncol 2024, doi 10.3389/fonc.2024.1446386, Table 1.
    """
    paper, assumed, rng = published(), assumptions(), np.random.default_rng(seed)
    group, marks = draw_marks(paper, assumed, rng)
    clinical = _clinical(paper, assumed, group, marks, rng)
    features = {name: _words(paper, name, marks) for name in MR_FEATURES}
    scans = _acquisition(paper, assumed, rng)
    surgery = draw_surgery(paper, paper.patients, rng).to_dict()
    permuted = rng.permutation(group)
    outcome = _outcome(paper, permuted if signal == 0 else group)
    frame = pl.DataFrame({**outcome, **clinical, **features, **scans, **surgery})
    frame = add_follow_up(frame, paper, assumed, rng)
    shift = signal * assumed.separation * (2 * pl.col("early_recurrence") - 1)
    frame = frame.with_columns(aggressiveness=shift + rng.standard_normal(paper.patients))
    return _numbered(frame)


def small(frame: pl.DataFrame, patients: int = 24) -> pl.DataFrame:
    """Some of the patients, in the same proportions of split and outcome.

    Args:
        frame: the rows of `built_in_patients`.
        patients: how many, at least 8.

    Returns:
        The chosen rows, in the order given; always the same ones.

    Raises:
        HccerError: when so many patients cannot be chosen.
    """
    if not FEWEST <= patients <= frame.height:
        raise HccerError(
            f"a small cohort needs {FEWEST} to {frame.height} patients (given: {patients})"
        )
    place = pl.int_range(pl.len()).over("given_split", "early_recurrence")
    size = pl.len().over("given_split", "early_recurrence")
    chosen = ((place + 0.5) / size).rank("ordinal") <= patients
    return frame.filter(chosen)


def _clinical(
    paper: Published,
    assumed: Assumptions,
    group: np.ndarray,
    marks: Marks,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    patients = group.size
    measured = draw_measures(paper, assumed, marks, rng)
    hepatitis_c = marks["hepatitis"] & (rng.random(patients) < assumed.hepatitis_c_share)
    further = rng.random(patients) < assumed.further_cirrhosis_share
    values = {
        **measured,
        "sex": _words(paper, "sex", marks),
        "age_years": _ages(paper, assumed, group, rng),
        "hepatitis_b": marks["hepatitis"] & ~hepatitis_c,
        "hepatitis_c": hepatitis_c,
        "cirrhosis": marks["radiological_cirrhosis"] | further,
        "child_pugh_class": _words(paper, "child_pugh_class", marks),
        "ecog": _few(assumed.ecog_1_patients, patients, rng).astype(int),
        "tumour_count": _tumour_counts(assumed, marks, rng),
        "ascites": ascites(marks),
        "encephalopathy": np.full(patients, "none"),
        "vascular_invasion": _few(assumed.vascular_invasion_patients, patients, rng),
        "extrahepatic_spread": np.zeros(patients, dtype=bool),
    }
    return {name: values[name] for name in ClinicalRow.model_fields if name in values}


def _words(paper: Published, name: str, marks: Marks) -> np.ndarray:
    return np.where(marks[name], *paper.categories(name))


def _ages(
    paper: Published, assumed: Assumptions, group: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    years = np.empty(group.size, dtype=int)
    for index, each in enumerate(paper.groups):
        ages = ages_of_group(paper.age_years, index, each.patients, assumed.age_skewness)
        years[group == index] = rng.permutation(ages)
    return years


def _few(count: int, patients: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(patients) < count


def _tumour_counts(assumed: Assumptions, marks: Marks, rng: np.random.Generator) -> np.ndarray:
    counts, shares = zip(*assumed.multifocal_counts.items(), strict=True)
    several = rng.choice(counts, p=shares, size=marks["tumour_number"].size)
    return np.where(marks["tumour_number"], several, 1)


def _acquisition(
    paper: Published, assumed: Assumptions, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    strengths, counts = zip(*paper.patients_per_field_strength.items(), strict=True)
    field_strength = rng.permutation(np.repeat(strengths, counts))
    rows = []
    for strength in field_strength:
        scanner = assumed.scanners[strength]
        times = [rng.uniform(*each) for each in (scanner.repetition_time_ms, scanner.echo_time_ms)]
        rows.append((strength, *np.round(times, 2), rng.choice(scanner.flip_angle_deg)))
    return dict(zip(ACQUISITION, np.array(rows).T, strict=True))


def _outcome(paper: Published, group: np.ndarray) -> dict[str, list]:
    groups = [paper.groups[index] for index in group]
    return {
        "given_split": [each.split for each in groups],
        "early_recurrence": [each.early_recurrence for each in groups],
    }


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Patients in the order of surgery, which says nothing of the group."""
    ordered = frame.sort("surgery_date")
    ids = [f"HCC_{number:03d}" for number in range(1, frame.height + 1)]
    return ordered.insert_column(0, pl.Series("patient_id", ids))

"""The built-in cohort: from generated DICOM to rows, nothing lost and nothing changed."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import SimpleITK as sitk

import sql
from hccer.ingest.built_in import (
    Recipe,
    cohort_patients,
    subject_of,
    write_built_in,
    write_tables,
)
from hccer.ingest.files import read_cohort_file
from hccer.pipeline import Context, materialise
from hccer.synthetic.volumes import volumes
from schemas.tables import OUTCOME, PATIENT
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.hccer.planted import insert
from tests.support import COHORTS, register

FILE = COHORTS / "hcc_synthetic" / "cohort.toml"
SMALL = Recipe(patients=8)
CLINICAL_STEPS = ("source_file", "exclusion", "reading", "patient", "outcome")

# Table 1: training ER, training NER, validation ER, validation NER
TABLE_ONE = {
    ("gender", "male"): (68, 43, 15, 12),
    ("gender", "female"): (10, 11, 3, 3),
    ("hepatitis_b_or_c", "positive"): (61, 40, 11, 10),
    ("hepatitis_b_or_c", "negative"): (17, 14, 7, 5),
    ("afp_iu_ml", "<= 400"): (57, 48, 15, 14),
    ("afp_iu_ml", "> 400"): (21, 6, 3, 1),
    ("alt_u_l", "<= 50"): (52, 42, 13, 11),
    ("alt_u_l", "> 50"): (26, 12, 5, 4),
    ("ast_u_l", "<= 40"): (42, 41, 14, 12),
    ("ast_u_l", "> 40"): (36, 13, 4, 3),
    ("ggt_u_l", "<= 60"): (36, 34, 11, 8),
    ("ggt_u_l", "> 60"): (42, 20, 7, 7),
    ("tbil_umol_l", "<= 19"): (53, 41, 14, 15),
    ("tbil_umol_l", "> 19"): (25, 13, 4, 0),
    ("alb_g_l", "< 40"): (29, 17, 4, 7),
    ("alb_g_l", ">= 40"): (49, 37, 14, 8),
    ("child_pugh_class", "A"): (71, 49, 18, 15),
    ("child_pugh_class", "B"): (7, 5, 0, 0),
    ("diameter_cm", "<= 5"): (48, 44, 8, 14),
    ("diameter_cm", "> 5"): (30, 10, 10, 1),
    ("tumour_number", "unifocal"): (66, 49, 14, 14),
    ("tumour_number", "multifocal"): (12, 5, 4, 1),
    ("tumour_margin", "smooth"): (44, 34, 10, 12),
    ("tumour_margin", "non_smooth"): (34, 20, 8, 3),
    ("necrosis", "present"): (30, 17, 8, 7),
    ("necrosis", "absent"): (48, 37, 10, 8),
    ("hemorrhage", "present"): (24, 11, 9, 2),
    ("hemorrhage", "absent"): (54, 43, 9, 13),
    ("encapsulation", "present"): (56, 44, 15, 11),
    ("encapsulation", "absent"): (22, 10, 3, 4),
    ("peritumoral_enhancement", "present"): (25, 13, 5, 7),
    ("peritumoral_enhancement", "absent"): (53, 41, 13, 8),
    ("radiological_cirrhosis", "present"): (54, 35, 9, 8),
    ("radiological_cirrhosis", "absent"): (24, 19, 9, 7),
}
FLOW = {
    "recruited": 290,
    "excluded: unavailable or incomplete clinical or imaging data": 5,
    "excluded: small HCC lesions less than 10 mm in diameter": 3,
    "excluded: poor image quality or severe motion artifacts": 4,
    "excluded: loss to follow-up within 2 years after resection": 113,
    "included": 165,
    "training, event": 78,
    "training, no event": 54,
    "validation, event": 18,
    "validation, no event": 15,
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A store with the clinical tables of all 165 patients, without images."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(folder, cohort_patients(Recipe()), Recipe())
    store = Store.open(Home(folder / "home"))
    cohort_id = register(store, FILE, folder)
    for name in CLINICAL_STEPS:
        materialise(Context(store, cohort_id, "tables"), name)
    return store.home


def query(home: Home, name: str) -> pl.DataFrame:
    return Reader(home).query(sql.load("queries")[name].text, {"cohort": "hcc_synthetic"})


def test_table_1_is_rebuilt_from_the_store(tables: Home):
    rows = query(tables, "table_one").rows()
    assert {(name, level): tuple(counts) for name, level, *counts in rows} == {
        name: (*counts, 0, 0) for name, counts in TABLE_ONE.items()
    }


def test_who_has_no_value_and_no_part_is_counted_too(store: Store):
    rows = [{"cohort_id": "hcc_synthetic", "patient_id": f"P{n}", "afp_iu_ml": afp, "sex": "female"}
            for n, afp in enumerate((500.0, 3.0, None))]  # fmt: skip
    insert(store, PATIENT, rows)
    insert(store, OUTCOME, [{**row, "endpoint": "early_recurrence", "value": 1} for row in rows])
    found = query(store.home, "table_one")
    assert found["no_split_event"].sum() == 3 * found["characteristic"].n_unique()
    afp = found.filter(characteristic="afp_iu_ml").select("level", "no_split_event").rows()
    assert afp == [("<= 400", 1), ("> 400", 1), ("missing", 1)]
    assert found.filter(characteristic="necrosis")["level"].to_list() == ["missing"]


def test_the_flow_chart_is_rebuilt_from_the_store(tables: Home):
    assert {text: n for _, text, n in query(tables, "flow_chart").rows()} == FLOW


def test_no_date_is_stored_and_early_means_within_24_months(tables: Home):
    store = Store.open(tables)
    outcomes = store.rows("select value, days from lake.outcome")
    early, late = (outcomes.filter(value=value)["days"] for value in (1, 0))
    assert early.min() >= 28 and early.max() <= 731
    assert late.min() >= 730
    exclusions = store.rows("from lake.exclusion")
    assert len(exclusions) == 125 and exclusions["days_from_surgery"].min() >= 1
    for table in ("patient", "outcome", "exclusion", "reading"):
        types = store.rows(f"from lake.{table}").schema
        assert not {pl.Date, pl.Datetime} & set(types.values())


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built_in")
    assert write_built_in(root, SMALL)
    return root


@pytest.fixture(scope="module")
def stored(built_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with the images and delineations of the small cohort."""
    store = Store.open(Home(tmp_path_factory.mktemp("stored") / "home"))
    cohort_id = register(store, FILE, built_in)
    steps = (*CLINICAL_STEPS, "image", "acquisition", "segmentation", "image_quality", "rejected")
    for name in steps:
        materialise(Context(store, cohort_id, "stored"), name)
    return store


def test_the_same_recipe_writes_nothing_again(built_in: Path):
    before = {file: file.stat().st_mtime_ns for file in built_in.rglob("*")}
    assert not write_built_in(built_in, SMALL)
    assert {file: file.stat().st_mtime_ns for file in built_in.rglob("*")} == before


def test_voxels_are_those_of_the_generator_bit_by_bit(stored: Store):
    compared = 0
    for row in cohort_patients(SMALL).iter_rows(named=True):
        number = int(row["patient_id"].rsplit("_", 1)[1])
        for made in volumes(subject_of(row, number, SMALL.seed)):
            named = [row["patient_id"], made.phase]
            found = stored.rows(
                "select i.image_sha256, s.mask_sha256 from lake.image i "
                "join lake.segmentation s using (cohort_id, patient_id, phase) "
                "where is_reference and patient_id = ? and phase = ?", named,
            )  # fmt: skip
            for sha256, given in zip(found.row(0), (made.image, made.mask), strict=True):
                image = sitk.ReadImage(str(stored.blobs.path(sha256)))
                assert np.array_equal(*(sitk.GetArrayViewFromImage(i) for i in (image, given)))
                assert np.allclose(image.GetOrigin(), given.GetOrigin(), atol=1e-4)
                assert np.allclose(image.GetSpacing(), given.GetSpacing(), atol=1e-6)
            compared += 1
    assert compared == 24


def test_everything_is_stored_and_nothing_refused(stored: Store):
    counts = stored.rows(
        "select (select count(*) from lake.image) as images, "
        "(select count(*) from lake.segmentation) as masks, "
        "(select count(*) from lake.source_file where kind = 'image') as slices, "
        "(select count(*) from lake.image_quality) as measured"
    ).row(0, named=True)
    assert counts["images"] == 24 and counts["measured"] == 24
    assert counts["masks"] == 24 + 4 * 2 * 3  # four patients drawn again, twice, in three phases
    assert counts["slices"] == stored.rows("select sum(size_z)::int as n from lake.image").item()
    refused = stored.rows("select * from lake.rejected where asset not in ('patient', 'outcome')")
    assert refused.is_empty(), refused.to_dicts()


def test_the_acquisition_is_that_of_the_header_in_days_from_surgery(stored: Store):
    rows = stored.rows("from lake.acquisition order by patient_id, phase")
    given = cohort_patients(SMALL)
    for row in rows.iter_rows(named=True):
        patient = given.row(by_predicate=pl.col("patient_id") == row["patient_id"], named=True)
        assert row["field_strength_t"] == patient["field_strength_t"]
        assert row["repetition_time_ms"] == pytest.approx(patient["repetition_time_ms"])
        days = (patient["mri_date"] - patient["surgery_date"]).days
        assert row["days_from_surgery"] == days and -14 <= days <= 0
    times = set(rows.select("phase", "time_after_injection_s").rows())
    assert times == {("AP", 40.0), ("PVP", 70.0), ("DP", 90.0)}


def test_a_second_run_reads_no_file_and_commits_nothing(stored: Store):
    before = stored.snapshot()
    for name in ("source_file", "image", "acquisition", "segmentation", "image_quality"):
        outcome = materialise(Context(stored, "hcc_synthetic", "again"), name)
        assert outcome.computed == 0, name
    assert stored.snapshot() == before


def test_the_phase_guard_flags_a_swap_and_nothing_else(
    stored: Store, built_in: Path, tmp_path: Path
):
    guard = sql.load("checks")["phase_order"].text
    assert stored.rows(guard).is_empty()
    cohort, _ = read_cohort_file(FILE, built_in)
    other = {"AP": "PVP", "PVP": "AP", "DP": "DP"}
    rules = [rule.model_copy(update={"phase": other[rule.phase]}) for rule in cohort.images.rules]
    images = cohort.images.model_copy(update={"rules": rules})
    store = Store.open(Home(tmp_path / "home"))
    register(store, FILE, built_in, images=images)
    for name in ("source_file", "image", "segmentation", "image_quality"):
        materialise(Context(store, "hcc_synthetic", "swapped"), name)
    flagged = store.rows(guard)
    assert flagged["patient_id"].n_unique() == SMALL.patients
    assert set(flagged.select("named", "seen").rows()) == {("AP, PVP, DP", "PVP, AP, DP")}

"""Every wrong field of a user's file is reported with its path and what is allowed."""

from pathlib import Path

import pytest

from hccer.ingest.files import read_cohort_file, read_study_file
from schemas.errors import HccerError, InvalidFileError
from schemas.preset import load_preset, settings_id

GOOD = """
id = "site_b"
title = "Second hospital"
phases = ["AP", "PVP"]
[images]
layout = "nifti"
pattern = "{patient}/{phase}.nii.gz"
[masks]
pattern = "{patient}/{phase}_mask.nii.gz"
[clinical]
file = "clinical.csv"
patient = "id"
columns = { "AST (U/L)" = "ast_u_l" }
[endpoint]
name = "early_recurrence"
column = "er"
"""
WRONG = {
    'id = "site_b"': ('id = "Site B"', "id: "),
    'title = "Second hospital"': ("", "title: Field required"),
    'phases = ["AP", "PVP"]': ("phases = []", "phases: "),
    'layout = "nifti"': ('layout = "png"', "images.layout: Input should be 'nifti'"),
    'pattern = "{patient}/{phase}.nii.gz"': (
        'pattern = "{patient}.nii.gz"',
        "images.pattern: must contain {patient} and {phase}",
    ),
    'pattern = "{patient}/{phase}_mask.nii.gz"': (
        'pattern = "../{patient}/{phase}.nii.gz"',
        "masks.pattern: must stay inside the cohort root",
    ),
    'file = "clinical.csv"': (
        'file = "/etc/passwd"',
        "clinical.file: must stay inside the cohort root",
    ),
    'patient = "id"': ('patient = ""', "clinical.patient: "),
    'columns = { "AST (U/L)" = "ast_u_l" }': (
        'columns = { "AST" = "ast" }',
        "clinical.columns: 'AST' -> 'ast' is no variable; known: sex, age_years",
    ),
    'column = "er"': ('column = "er"\npositive = 0', "endpoint.0: positive and negative must"),
    "[endpoint]": ("[limits]\nmaximum_voxels = -1\n[endpoint]", "limits.maximum_voxels: "),
    "[images]": ('colour = "red"\n[images]', "colour: Extra inputs are not permitted"),
}


def write(folder: Path, text: str) -> Path:
    file = folder / "cohort.toml"
    file.write_text(text)
    return file


def test_a_good_file_is_read_and_its_root_is_its_folder(tmp_path: Path):
    cohort, root = read_cohort_file(write(tmp_path, GOOD))
    assert (cohort.id, root) == ("site_b", tmp_path.resolve())
    assert [endpoint.name for endpoint in cohort.endpoint] == ["early_recurrence"]


def test_several_endpoints_may_be_declared(tmp_path: Path):
    more = GOOD.replace("[endpoint]", "[[endpoint]]")
    more += '\n[[endpoint]]\nname = "death"\ncolumn = "dead"\npositive = "yes"\nnegative = "no"\n'
    assert len(read_cohort_file(write(tmp_path, more))[0].endpoint) == 2


@pytest.mark.parametrize("line", WRONG)
def test_each_wrong_field_is_named(tmp_path: Path, line: str):
    replacement, message = WRONG[line]
    with pytest.raises(InvalidFileError) as error:
        read_cohort_file(write(tmp_path, GOOD.replace(line, replacement, 1)))
    assert any(problem.startswith(message) for problem in error.value.problems), error.value
    assert "cohort.toml" in str(error.value)


@pytest.mark.parametrize(
    ("positive", "negative"),
    [("1", "1.0"), ("true", "1"), ("1", '"1"'), ('"yes"', '"YES"'), ("true", '"true"')],
)
def test_an_event_and_no_event_must_not_mean_the_same(tmp_path: Path, positive, negative):
    text = GOOD + f"positive = {positive}\nnegative = {negative}\n"
    with pytest.raises(InvalidFileError, match="positive and negative must differ"):
        read_cohort_file(write(tmp_path, text))


REPEAT = '[[repeats]]\nreader = "r2"\nsession = 1\npattern = "{pattern}"\nlabel = {label}\n'
MASK = "{patient}/{phase}_mask.nii.gz"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"AST (U/L)" = "ast_u_l"', 'x = "ast_u_l", y = "ast_u_l"', "several columns for one"),
        ("_mask.nii.gz", ".nii.gz", "each needs a pattern of its own"),
        ('pattern = "{patient}/{phase}_mask', 'pattern = ".//{patient}/{phase}', "pattern of its"),
        (
            "[endpoint]",
            '[[endpoint]]\nname = "early_recurrence"\ncolumn = "x"\n[[endpoint]]',
            "each endpoint is named once",
        ),
        (
            "[endpoint]",
            REPEAT.replace("{pattern}", MASK).replace("{label}", "1") + "[endpoint]",
            "each needs a pattern of its own",
        ),
    ],
)
def test_what_stands_twice_is_refused(tmp_path: Path, old: str, new: str, message: str):
    with pytest.raises(InvalidFileError, match=message):
        read_cohort_file(write(tmp_path, GOOD.replace(old, new, 1)))


def test_two_readers_may_draw_in_one_file_under_two_labels(tmp_path: Path):
    repeat = REPEAT.replace("{pattern}", MASK).replace("{label}", "2")
    cohort, _ = read_cohort_file(write(tmp_path, GOOD.replace("[endpoint]", repeat + "[endpoint]")))
    assert cohort.repeats[0].pattern == cohort.masks.pattern


def test_paths_are_written_as_files_are_listed(tmp_path: Path):
    text = GOOD.replace('"{patient}/', '".//{patient}/').replace('"clinical.csv"', '"./c.csv"')
    cohort, _ = read_cohort_file(write(tmp_path, text))
    assert (cohort.masks.pattern, cohort.clinical.file) == (MASK, "c.csv")


@pytest.mark.parametrize(
    "wrong",
    [
        {"setting": {"interpolator": "sitkNothing"}},
        {"setting": {"resampledPixelSpacing": [1, 1, -1]}},
        {"setting": {"distances": []}},
        {"setting": {"distances": [0]}},
        {"setting": {"distances": [1, 1]}},
        {"setting": {"weightingNorm": "taxicab"}},
        {"setting": {"binWidth": float("inf")}},
        {"setting": {"resegmentRange": [float("nan")]}},
        {"imageType": {"Wavelet": {"wavelet": "morl"}}},
        {"imageType": {"LoG": {"sigma": [2, 2.0]}}},
        {"featureClass": ["glcm", "glcm"]},
    ],
)
def test_what_the_engine_would_not_take_is_refused(wrong: dict):
    with pytest.raises(InvalidFileError, match=r"overrides\.radiomics"):
        load_preset("paper", {"radiomics": wrong})


def test_what_the_engine_takes_is_allowed():
    setting = {"interpolator": "sitkBSpline", "resampledPixelSpacing": [1, 1, 0],
               "distances": [1, 2], "weightingNorm": "manhattan"}  # fmt: skip
    wavelet = {"Wavelet": {"wavelet": "db2"}}
    load_preset("paper", {"radiomics": {"setting": setting, "imageType": wavelet}})


def test_all_wrong_fields_are_reported_at_once(tmp_path: Path):
    text = GOOD.replace('id = "site_b"', "id = 3").replace('layout = "nifti"', 'layout = "png"')
    with pytest.raises(InvalidFileError) as error:
        read_cohort_file(write(tmp_path, text))
    assert [problem.split(":")[0] for problem in error.value.problems] == ["id", "images.layout"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id = ", "is not valid TOML"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"id = " + b"[" * 3000 + b"]" * 3000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_no_toml_is_one_sentence(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "cohort.toml").write_bytes(content)
    with pytest.raises(HccerError, match=message):
        read_cohort_file(tmp_path / "cohort.toml")


def test_a_missing_file_or_root_is_one_sentence(tmp_path: Path):
    with pytest.raises(HccerError, match="cannot be read: No such file"):
        read_cohort_file(tmp_path / "nothing.toml")
    with pytest.raises(HccerError, match=r"the root of cohort site_b is not a folder.*--root"):
        read_cohort_file(write(tmp_path, GOOD), tmp_path / "nowhere")


def test_overrides_are_checked_with_their_path(tmp_path: Path):
    with pytest.raises(InvalidFileError) as error:
        load_preset("paper", {"radiomics": {"setting": {"binWidht": 25, "binWidth": 0}}})
    named = [problem.split(":")[0] for problem in error.value.problems]
    assert named == ["overrides.radiomics.setting.binWidth", "overrides.radiomics.setting.binWidht"]
    with pytest.raises(
        HccerError, match="there is no preset 'papre': choose one of demo, honest, paper"
    ):
        load_preset("papre")


def test_a_study_cannot_validate_on_what_it_was_developed_on(tmp_path: Path):
    file = tmp_path / "study.toml"
    file.write_text(
        'id = "s"\nendpoint = "er"\nphases = ["AP"]\ndevelopment = ["a"]\nexternal = ["a", "b"]\n'
    )
    with pytest.raises(InvalidFileError, match="a is a development cohort already"):
        read_study_file(file)


def test_settings_have_one_name_however_they_are_written():
    paper = load_preset("paper").radiomics
    same = load_preset("paper", {"radiomics": {"setting": {"binWidth": 25.0}}}).radiomics
    other = load_preset("paper", {"radiomics": {"setting": {"binWidth": 50}}}).radiomics
    assert settings_id(paper) == settings_id(same) != settings_id(other)


def test_false_switches_an_image_type_or_a_setting_off():
    setting = {"resampledPixelSpacing": False, "normalize": False, "binWidth": False,
               "binCount": 32}  # fmt: skip
    changed = {"imageType": {"Wavelet": False}, "setting": setting}
    given = load_preset("paper", {"radiomics": changed}).radiomics.parameters()
    assert set(given["imageType"]) == {"Original", "LoG"}
    kept = {"normalize": False, "normalizeScale": 100.0, "binCount": 32, "padDistance": 5}
    assert given["setting"] == kept | {"interpolator": "sitkLinear", "label": 1}

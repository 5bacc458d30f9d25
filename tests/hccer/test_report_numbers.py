"""Every number of the complete report is a value of the query beside it, worked out again here."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from hccer.figures import FIGURES, noted
from hccer.modelling.artifact import from_artifact
from hccer.report.items import items, patient_sections, sections
from hccer.report.panels import crop_picture
from hccer.report.thumbnail import SYNTHETIC
from hccer.study.context import StudyContext
from hccer.study.report_computed import CHECKLISTS
from hccer.study.report_files import patient_path
from hccer.study.report_source import filled, quoted
from schemas.tables import MODEL_FIT, PREDICTION
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.hccer.complete_rows import SEEN
from tests.hccer.complete_study import STUDY
from tests.hccer.planted import COHORT
from tests.hccer.report_html import Reading, check_cards, check_table

STUDY_ITEMS = {each.id: each for each in items(sections())}
WORDS = {"provenance", "study_settings"}  # tables without a number
NOTHING_FOUND = {"audit_report"}  # our own numbers, which agree


def of_kind(kind: str) -> list[str]:
    return [each.id for each in STUDY_ITEMS.values() if each.kind == kind and each.is_queried]


def test_no_item_of_the_study_page_is_empty(page: Reading):
    absent = {name for name, item in STUDY_ITEMS.items() if item.absent in page.articles[name].text}
    assert absent == NOTHING_FOUND


@pytest.mark.parametrize("name", of_kind("table"))
def test_every_cell_is_a_value_of_the_query_beside_it(name: str, page: Reading, reader: Reader):
    item, found = STUDY_ITEMS[name], page.articles[name]
    if not item.computed:
        assert check_table(item, found, reader.query(found.sql)) >= (name not in WORDS)


def test_every_key_number_is_a_value_of_its_query(page: Reading, reader: Reader):
    found = page.articles["key_numbers"]
    assert check_cards(STUDY_ITEMS["key_numbers"], found, reader.query(found.sql)) >= 20
    assert page.head.cards["Patients"] == found.cards["patients"] == "185"


@pytest.mark.parametrize("name", of_kind("figure"))
def test_every_figure_is_drawn_from_the_query_beside_it(
    name: str, page: Reading, html: str, folder: Path, reader: Reader
):
    svg = noted(FIGURES[name].draw(reader.query(page.articles[name].sql)), SYNTHETIC)
    assert svg in html
    assert (folder / "figures" / f"{name}.svg").read_text() == svg


@pytest.mark.parametrize("name", CHECKLISTS)
def test_every_answer_of_a_checklist_is_that_of_its_query(name: str, page: Reading, reader: Reader):
    item, found = STUDY_ITEMS[name], page.articles[name]
    heads = [column.head for column in item.columns]
    shown = {row["query"]: row for row in reader.query(found.sql).to_dicts()}
    rows = [dict(zip(heads, cells, strict=True)) for cells in found.rows]
    for row in rows:
        if not row["Query"]:
            assert row["Answer"] in ("author", "not applicable")
            continue
        (own,) = reader.query(filled("report", row["Query"], STUDY)).to_dicts()
        assert shown[row["Query"]] == {"query": row["Query"], **own}
        assert (row["Answer"], row["Evidence"]) in (
            (own["answer"], own["evidence"]),
            ("partly", f"{own['evidence']}; but the patients are synthetic"),
            ("not applicable", "the study has no such part"),
        )
    assert sum(bool(row["Query"]) for row in rows) > 5


def test_our_own_numbers_stand_the_audit(page: Reading, reader: Reader):
    found = page.articles["audit_report"]
    assert "Every number of this report fits the others." in found.text
    assert len(reader.query(found.sql)) > 500
    assert len(page.articles["audit_paper"].rows) == 8


def test_provenance_names_runs_versions_seeds_settings_and_the_study(page: Reading):
    rows = page.articles["provenance"].rows
    kinds = {kind for kind, _, _ in rows}
    assert kinds == {"store", "run", "version", "device", "seed", "code", "settings", "study"}
    seeds = {name: value for kind, name, value in rows if kind == "seed"}
    assert {"split.random_state", "validation.random_state", "DL-ResNet-10"} <= set(seeds)
    code = {name for kind, name, _ in rows if kind == "code"}
    assert {f"{STUDY} metric", f"{STUDY} model_fit"} <= code


def test_the_settings_are_those_that_ran_overrides_included(page: Reading, complete_home: Home):
    store = Store.open(complete_home)
    preset = StudyContext(store, STUDY, "read").preset
    store.close()
    shown = {name: json.loads(value) for name, value in page.articles["study_settings"].rows}
    assert shown["validation.n_permutations"] == 8  # overridden
    for path, value in shown.items():
        found: object = preset.model_dump(mode="json", by_alias=True)
        for name in path.split("."):
            found = found[name]
        assert found == value, path


def test_levels_of_table_1_stand_under_their_characteristic(page: Reading):
    rows, at = page.articles["table_1"].rows, -1
    sums: list[list[int]] = []
    assert rows[0][:4] == ["Patients", "", "78", "54"]
    for row in rows[1:]:
        if row[0]:
            sums.append([0, 0])
            at += 1
        sums[at] = [sums[at][0] + int(row[2].split()[0]), sums[at][1] + int(row[3].split()[0])]
    assert len(sums) == 17 and all(each == [78, 54] for each in sums)


def test_a_missing_p_of_table_1_has_its_reason(page: Reading):
    rows = {row[0]: row for row in page.articles["table_1"].rows if row[0]}
    assert rows["Child-Pugh class"][-1] == "validation: one level, no test"
    for name, row in rows.items():
        if name not in ("Patients", "Child-Pugh class"):
            assert "" not in (row[4], row[7], row[8]) and row[-1] == "", name


def test_captions_name_the_limits_of_the_study(page: Reading, reader: Reader):
    text = f"select name, value from study_setting where study_id = '{STUDY}'"
    limit = dict(reader.query(text).rows())
    chain, found = "validation.chain.", page.articles
    assert f"P below {limit[chain + 'factor_alpha']} together" in found["table_3"].text
    assert f"of {limit[chain + 'reliability.threshold']} or more" in found["feature_attrition"].text
    assert f"with the power {limit['evaluation.power']}." in found["table_subgroups"].text
    assert f"not below {limit[chain + 'selection.normality_alpha']})" in found["table_1_age"].text
    assert not re.search(r"\{\w+\}", page.text)


def test_many_digits_stand_in_groups_and_cards_say_their_part(page: Reading):
    sizes = {row[-3] for row in page.articles["table_networks"].rows}
    assert {"4,907,714", "8,500,418"} <= sizes
    assert "AUC of CR, validation" in page.articles["key_numbers"].cards


def patient_page(folder: Path, cohort_id: str, patient_id: str) -> Reading:
    return Reading((folder / patient_path(cohort_id, patient_id)).read_text())


def test_no_item_of_a_patient_page_is_empty(folder: Path):
    shown = patient_page(folder, COHORT, SEEN[0])
    absent = [each.id for each in items(patient_sections())
              if each.absent in shown.articles[each.id].text]  # fmt: skip
    assert absent == []


@pytest.mark.parametrize("who", [(COHORT, SEEN[0]), (COHORT, SEEN[1]), (COHORT, "HCC_165"),
                                 ("away", "HCC_002"), ("away", "HCC_021")])  # fmt: skip
def test_every_number_of_a_patient_page_too(who: tuple[str, str], folder: Path, reader: Reader):
    shown, checked = patient_page(folder, *who), 0
    for item in items(patient_sections()):
        found = shown.articles[item.id]
        assert quoted(who[1]) in found.sql, "shown even where there is nothing"
        if item.kind == "table" and found.rows:
            checked += check_table(item, found, reader.query(found.sql))
    assert checked >= (14 if who[1] != "HCC_021" else 0)


@pytest.mark.parametrize("name", ["patient_crop", "patient_attribution"])
def test_pictures_are_drawn_from_the_query_beside_them(name: str, folder: Path, reader: Reader):
    html = (folder / patient_path(COHORT, SEEN[0])).read_text()
    rows = reader.query(Reading(html).articles[name].sql).sort("position")
    row = rows.row(rows["area_mm2"].arg_max() if "area_mm2" in rows.columns else 0, named=True)
    tensor = np.frombuffer(row["tensor"], row["dtype"]).reshape(row["shape"])
    mask = np.frombuffer(row["mask"], np.uint8).reshape(row["shape"][1:]) > 0
    heat = None if "map" not in row else np.frombuffer(row["map"], "<f4").reshape(row["map_shape"])
    drawn = crop_picture(np.float32(tensor[0]), mask, heat, synthetic=True)
    assert base64.b64encode(drawn).decode() in html


def test_the_maps_of_figure_4_are_one_picture_too(folder: Path, page: Reading, reader: Reader):
    shown = page.articles["score_cam_cases"]
    _, maps = shown.queries
    assert {row["patient_id"] for row in reader.query(maps).to_dicts()} == set(SEEN)
    sheet = Image.open(io.BytesIO((folder / "figures" / "score_cam_cases.png").read_bytes()))
    pictures = 2 * (3 + 3)  # patients; all phases over each, and each alone
    assert sheet.width > 3 * 256 and sheet.height > pictures / 3 * 256


def test_contributions_add_up_to_the_probability(complete_home: Home, folder: Path):
    context = StudyContext(Store.open(complete_home), STUDY, "read")
    rows = patient_page(folder, COHORT, "HCC_003").articles["patient_contributions"].rows
    told = context.own(PREDICTION).filter(patient_id="HCC_003", cohort_id=COHORT, repeat=0)
    scores = dict(told.select("fit_id", "y_score").rows())
    for model in ("CR", "radiomics", "RCR"):
        fit = context.own(MODEL_FIT).filter(fit_id=f"{model}-LR")["artifact_sha256"][0]
        intercept = from_artifact(context.store.artifacts.get(fit)).classifier.intercept
        parts = [float(row[-1].replace("−", "-")) for row in rows if row[0] == model]
        log_odds = intercept + sum(parts)
        printed_to = 0.0005 * len(parts) + 1e-9
        score = scores[f"{model}-LR"]
        assert log_odds == pytest.approx(np.log(score / (1 - score)), abs=printed_to)
        assert [abs(each) for each in parts] == sorted(map(abs, parts), reverse=True)
    context.store.close()


def test_models_in_full_score_as_the_stored_ones(
    complete_home: Home, page: Reading, reader: Reader
):
    fits = reader.query(f"from model_fit where study_id = '{STUDY}' and algorithm = 'LR'")
    printed = reader.query(page.articles["model_coefficients"].sql)
    assert set(printed["model"]) == {"CR", "radiomics", "RCR"}
    store = Store.open(complete_home)
    for row in fits.filter(pl.col("model").is_in(["CR", "radiomics", "RCR"])).to_dicts():
        model = from_artifact(store.artifacts.get(row["artifact_sha256"]))
        told = printed.filter(model=row["model"])
        assert told.row(0)[2:] == (
            "intercept",
            None,
            None,
            model.classifier.intercept,
            model.threshold,
        )
        assert told["coefficient"][1:].to_list() == model.classifier.coefficients.tolist()
        assert (told["scale"][1:].null_count() > 0) == (row["model"] == "CR")
        if row["model"] != "CR":
            assert told["mean"][1:].to_list() == model.mean.tolist()
            assert told["scale"][1:].to_list() == model.scale.tolist()
    store.close()


def test_unscaled_inputs_are_no_z_scores_and_lmr_is_a_ratio(folder: Path, reader: Reader):
    found = patient_page(folder, COHORT, "HCC_003").articles
    rows = found["patient_contributions"].rows
    assert {row[1] for row in rows if row[0] == "CR"} == {"AST > 40 U/L", "Tumour diameter > 5 cm"}
    assert {row[3] == "–" for row in rows if row[0] == "CR"} == {True}
    assert "–" not in {row[3] for row in rows if row[0] != "CR"}
    scores = dict(reader.query(
        f"select system, score from staging_score where study_id = '{STUDY}' "
        f"and cohort_id = '{COHORT}' and patient_id = 'HCC_003'"
    ).rows())  # fmt: skip
    shown = {row[0]: row[1] for row in found["patient_staging"].rows}
    assert scores["LMR"] < 0
    assert shown["LMR"] == f"{-scores['LMR']:.2f}"

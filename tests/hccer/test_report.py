"""The report: printed numbers are values of the queries beside them; pages are safe and stable."""

import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hccer.modelling.artifact import from_artifact
from hccer.modelling.model import Model, logistic_model
from hccer.modelling.scorers import Neighbours
from hccer.report.contributions import contributions
from hccer.report.items import Column, items, patient_sections, sections
from hccer.report.page import Page, rendered
from hccer.report.panels import SIDE_PX, crop_picture
from hccer.report.tables import number_text
from hccer.study.context import StudyContext
from hccer.study.report import make_report
from hccer.study.report_files import (
    PAGE,
    File,
    patient_path,
    report_folder,
    report_page,
    report_preview_text,
    write,
)
from hccer.study.report_source import quoted
from schemas.tables import MODEL_FIT, PREDICTION, REPORT
from storage.home import Home
from storage.leaks import leaks
from storage.reading import Reader
from storage.retention import remove_patient, remove_study
from storage.store import Store
from tests.hccer.planted import COHORT, plant_split
from tests.hccer.report_html import Reading, check_table, report_home
from tests.hccer.rewritten import rewrite
from tests.support import hccer_command

EVIL = "<script>alert(1)</script> & 'study'"
OUTSIDE = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?(?:https?:)?//""", re.IGNORECASE)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a finished study with its report; to be copied."""
    return report_home(tmp_path_factory.mktemp("finished"), EVIL).path


@pytest.fixture(scope="module")
def page(finished: Path) -> Reading:
    """The study page; only to be read."""
    return Reading(report_page(Home(finished), "hcc").read_text())


@pytest.fixture(scope="module")
def reader(finished: Path) -> Reader:
    """What `hccer sql` sees."""
    return Reader(Home(finished))


@pytest.fixture
def context(finished: Path, tmp_path: Path) -> StudyContext:
    """A copy of the finished study that a test may change."""
    home = Home(Path(shutil.copytree(finished, tmp_path / "home")))
    return StudyContext(Store.open(home), "hcc", "again")


# ---- the numbers


def test_every_printed_number_is_a_value_of_the_query_beside_it(page: Reading, reader: Reader):
    counts = {}
    for item in items(sections()):
        found = page.articles[item.id]
        if item.kind == "table" and not item.computed and found.rows:
            counts[item.id] = check_table(item, found, reader.query(found.sql))
    assert counts["table_1"] > 200 and counts["table_4"] > 40 and counts["patient_index"] >= 495
    assert len(counts) >= 18


def test_levels_of_table_1_stand_under_their_characteristic(page: Reading):
    rows, at = page.articles["table_1"].rows, -1
    sums: list[list[int]] = []
    for row in rows[:-1]:  # the last is the event itself
        if row[0]:
            sums.append([0, 0])
            at += 1
        sums[at] = [sums[at][0] + int(row[2].split()[0]), sums[at][1] + int(row[3].split()[0])]
    assert len(sums) == 17 and all(each == [78, 54] for each in sums)


def test_key_numbers_are_those_of_their_query(page: Reading, reader: Reader):
    found = page.articles["key_numbers"]
    row = reader.query(found.sql).to_dicts()[0]
    said = " ".join(found.text.split())
    assert f"{row['patients']:.0f} patients {row['events']:.0f} with the event" in said
    assert f"{row['cr']:.3f} ({row['cr_low']:.3f}–{row['cr_high']:.3f}) AUC of CR" in said
    assert "AUC of DL" not in said


def test_every_number_of_a_patient_page_too(finished: Path, reader: Reader):
    for patient_id in ("HCC_001", "HCC_003", "HCC_165"):
        file = report_folder(Home(finished), "hcc") / patient_path(COHORT, patient_id)
        shown, checked = Reading(file.read_text()), 0
        for item in items(patient_sections()):
            found = shown.articles[item.id]
            if found.rows and item.id != "patient_contributions":
                assert quoted(patient_id) in found.sql
                checked += check_table(item, found, reader.query(found.sql))
        assert checked >= 14


def test_contributions_add_up_to_the_probability(finished: Path):
    context = StudyContext(Store.open(Home(finished)), "hcc", "read")
    file = report_folder(context.store.home, "hcc") / patient_path(COHORT, "HCC_003")
    rows = Reading(file.read_text()).articles["patient_contributions"].rows
    told = context.own(PREDICTION).filter(patient_id="HCC_003", role="validation")
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


def test_our_own_numbers_stand_the_audit(page: Reading):
    assert "Every number of this report fits the others." in page.articles["audit_report"].text
    assert len(page.articles["audit_paper"].rows) == 8


def test_what_deep_models_lack_is_said(page: Reading):
    for name in ("table_networks", "training_curves", "table_s6", "network_diagram"):
        assert "No network was trained in this study." in page.articles[name].text


def test_figures_checklists_methods_and_provenance_are_there(page: Reading):
    for name in ("flow_chart", "roc_models", "calibration_curves", "decision_curves"):
        assert "SYNTHETIC IMAGES" in page.articles[name].text
        assert page.articles[name].sql
    assert len(page.articles["clear"].rows) == 58
    assert len(page.articles["methods_text"].text) > 1000
    assert "165 patients" in page.articles["methods_text"].text
    assert page.articles["provenance"].rows


# ---- the pages


def test_what_comes_from_outside_is_text(finished: Path):
    for file in (PAGE, patient_path(COHORT, "HCC_001")):
        html = (report_folder(Home(finished), "hcc") / file).read_text()
        assert "<script>alert" not in html
        assert len(Reading(html).of("script")) == 1
    html = report_page(Home(finished), "hcc").read_text()
    assert EVIL in " ".join(Reading(html).text.split())
    assert "<script>" not in report_preview_text(Home(finished), "hcc")


def test_no_address_leads_out_of_the_report(finished: Path):
    folder = report_folder(Home(finished), "hcc")
    for file in [folder / PAGE, *sorted((folder / "patients").rglob("*.html"))[:5]]:
        html = file.read_text()
        shown = Reading(html)
        assert not OUTSIDE.search(html)
        assert not re.search(r"@import|<(?:link|iframe|object|form)\b", html)
        assert set(re.findall(r"https?://[^\"'\s<]*", html)) <= {"http://www.w3.org/2000/svg"}
        (policy,) = [each for each in shown.of("meta") if "http-equiv" in each]
        assert policy["content"] == (
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            "img-src data:"
        )


def test_every_link_leads_somewhere(finished: Path):
    folder = report_folder(Home(finished), "hcc")
    for file in (folder / PAGE, folder / patient_path(COHORT, "HCC_002")):
        shown = Reading(file.read_text())
        ids = {each["id"] for _, each in shown.tags if "id" in each}
        links = [each["href"] for each in shown.of("a")]
        assert all(each[1:] in ids for each in links if each.startswith("#"))
        away = [each for each in links if not each.startswith("#") and "contact_sheet" not in each]
        assert away and all((file.parent / each).is_file() for each in away)


def test_ids_of_a_page_are_its_own(page: Reading):
    ids = [each["id"] for _, each in page.tags if "id" in each]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("synthetic", [True, False])
def test_only_synthetic_cohorts_have_the_banner(synthetic: bool):
    html = rendered(Page("t", "k", synthetic, (), ()))
    assert ("SYNTHETIC IMAGES" in Reading(html).text) == synthetic
    assert ("SYNTHETIC IMAGES" in html) == synthetic


def test_every_page_of_a_synthetic_cohort_has_the_banner(finished: Path):
    pages = list(report_folder(Home(finished), "hcc").rglob("*.html"))
    assert len(pages) == 166
    assert all('<p class="synthetic"' in file.read_text() for file in pages)


# ---- the files


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes()
            for file in folder.rglob("*") if file.is_file()}  # fmt: skip


def differing(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Names of files that came, went or have other bytes."""
    return sorted(name for name in before.keys() | after if before.get(name) != after.get(name))


def test_the_same_store_gives_the_same_bytes_whatever_befell_the_files(context: StudyContext):
    folder = report_folder(context.store.home, "hcc")
    before, snapshot = contents(folder), context.store.snapshot()
    rows = context.own(REPORT)
    assert set(rows["file"]) == set(before)
    done = make_report(context)
    assert (done.computed, done.reused, done.snapshot) == (0, len(before), snapshot)
    shutil.rmtree(folder / "tables")  # lost
    (folder / patient_path(COHORT, "HCC_010")).write_text("edited")
    (folder / "patients" / "gone.html").write_text("stale")
    done = make_report(context)
    assert differing(before, contents(folder)) == []
    assert done.computed == 0


def test_rows_in_another_order_and_in_several_files_give_the_same_bytes(context: StudyContext):
    folder = report_folder(context.store.home, "hcc")
    before = contents(folder)
    for seed in (1, 2):
        rewrite(context.store, seed)
        shutil.rmtree(folder)
        done = make_report(context)
        assert differing(before, contents(folder)) == []
        assert done.computed == 0


def test_a_changed_number_makes_it_anew(context: StudyContext):
    context.store.session.execute("update lake.metric set value = 0.123 where metric = 'auc' "
                                  "and role = 'validation' and fit_id = 'CR-LR'")  # fmt: skip
    assert make_report(context).computed > 0
    shown = Reading(report_page(context.store.home, "hcc").read_text())
    assert any("0.123" in cell for row in shown.articles["table_4"].rows for cell in row)
    assert len(shown.articles["audit_report"].rows) > 0


def test_removing_a_study_or_patient_takes_the_pages_along(context: StudyContext):
    folder = report_folder(context.store.home, "hcc")
    found = leaks(context.store, {"HCC_007": "someone"})
    assert any(leak.where.startswith("reports/hcc/") for leak in found)
    remove_patient(context.store, COHORT, "HCC_007")
    assert not folder.exists()
    (folder / "patients").mkdir(parents=True)
    remove_study(context.store, "hcc")
    assert not folder.exists()


def test_the_command_prints_the_path(context: StudyContext, monkeypatch: pytest.MonkeyPatch):
    context.store.close()
    monkeypatch.setenv("HCCER_HOME", str(context.store.home.path))
    said = hccer_command("report", "--study", "hcc").stdout.strip()
    assert said == str(report_page(context.store.home, "hcc"))
    Path(said).unlink()
    assert "hccer run --study hcc" in hccer_command("report", "--study", "hcc", check=1).stderr
    assert "registered: hcc" in hccer_command("report", "--study", "x", check=1).stderr


@pytest.mark.parametrize("patient_id", ["P 1/2", "../../x", ".hidden", "é", "a" * 300, ""])
def test_no_patient_id_makes_a_wrong_path(patient_id: str):
    path = patient_path("c", patient_id)
    assert re.fullmatch(r"patients/c/[0-9a-f]{16}\.html", path)
    assert patient_path("c", "HCC_001") == "patients/c/HCC_001.html"


def test_files_are_written_whole(tmp_path: Path):
    def broken():
        yield File("tables/a.csv", "table", "A", b"1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, broken())
    assert contents(tmp_path) == {"tables/a.csv": b"1"}


def test_images_and_lineage_of_a_study_without_models(phantom_store: Store):
    plant_split(phantom_store, "small", [
        {"cohort_id": "phantom", "patient_id": f"PH_{number:03d}", "role": "train",
         "y_true": number % 2} for number in range(1, 5)
    ])  # fmt: skip
    context = StudyContext(phantom_store, "small", "first")
    make_report(context)
    folder = report_folder(phantom_store.home, "small")
    shown = Reading((folder / patient_path("phantom", "PH_002")).read_text())
    assert [each["alt"].split(",")[0] for each in shown.of("img")] == ["AP", "PVP"]
    assert all(each["src"].startswith("data:image/webp;base64,") for each in shown.of("img"))
    reader = Reader(phantom_store.home)
    for item in items(patient_sections()):
        found = shown.articles[item.id]
        if item.id in ("patient_images", "patient_lineage", "patient_clinical"):
            assert found.rows
            check_table(item, found, reader.query(found.sql))
    assert "There is no crop of this patient" in shown.articles["patient_crop"].text
    page = Reading(report_page(phantom_store.home, "small").read_text())
    assert len(page.articles["table_s2"].rows) == 107
    assert "There are no rows" in page.articles["table_4"].text
    for file in (folder / PAGE).parent.rglob("*"):
        assert not file.name.endswith(".unfinished")


# ---- the parts


@pytest.mark.parametrize(
    ("show", "digits", "values", "text"),
    [
        ("number", 3, [0.83951], "0.840"),
        ("number", 2, [-0.001], "0.00"),
        ("number", 1, [-2.25], "−2.2"),
        ("interval", 3, [0.839, 0.772, 0.906], "0.839 (0.772–0.906)"),
        ("interval", 2, [0.1, -0.2, 0.4], "0.10 (−0.20 to 0.40)"),
        ("interval", 3, [1.0, None, None], "1.000"),
        ("count", 1, [36, 46.1538], "36 (46.2)"),
        ("count", 1, [0, None], "0"),
        ("p", 0, [0.00099], "<0.001"),
        ("p", 0, [0.001], "0.001"),
        ("p", 0, [1.0], "1.000"),
    ],
)
def test_numbers_as_text(show: str, digits: int, values: list, text: str):
    column = Column(of=("a", "b", "c")[: len(values)], head="x", show=show, digits=digits)
    assert number_text(column, values) == text


def test_contributions_are_of_logistic_models_and_known_values():
    model = logistic_model(["a", "b"], np.array([0.5, 2.0, -1.0]))
    model = Model(model.feature_names, np.array([1.0, 0.0]), np.array([2.0, 1.0]), model.classifier)
    found = contributions(model, np.array([2.0, 3.0]))
    assert [(each.name, each.z_score, each.contribution) for each in found] == [
        ("b", 3.0, -3.0), ("a", 0.5, 1.0)
    ]  # fmt: skip
    assert contributions(model, np.array([np.nan, 3.0])) == []
    other = Model(model.feature_names, model.mean, model.scale,
                  Neighbours(1, "uniform", np.zeros((3, 2)), np.zeros(3)))  # fmt: skip
    assert contributions(other, np.array([2.0, 3.0])) == []


def seen(*given: np.ndarray, synthetic: bool = False) -> np.ndarray:
    content = crop_picture(*given, synthetic=synthetic)
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_a_crop_shows_outline_map_and_what_it_is():
    channel, mask = np.zeros((32, 32), dtype=np.float32), np.zeros((32, 32), dtype=bool)
    mask[8:24, 8:24] = True
    heat = np.zeros((32, 32), dtype=np.float32)
    heat[:4] = 1
    plain, mapped = seen(channel, mask), seen(channel, mask, heat)
    assert plain.shape == (SIDE_PX, SIDE_PX, 3)
    rows, columns = np.nonzero(plain[..., 0] - plain[..., 2] > 80)
    assert (rows.min(), columns.max()) == pytest.approx((SIDE_PX / 4, 3 * SIDE_PX / 4), abs=6)
    assert mapped[:20].mean() > plain[:20].mean() + 50
    marked = np.nonzero(np.abs(seen(channel, mask, synthetic=True) - plain).max(axis=2) > 100)
    assert marked[0].min() > 0.85 * SIDE_PX
    assert seen(np.full((8, 8), 5.0), mask[:8, :8]).max() < 60


def test_items_have_a_query_each_and_ids_of_their_own():
    for declared in (sections(), patient_sections()):
        ids = [each.id for each in items(declared)] + [each.id for each in declared]
        assert len(ids) == len(set(ids))

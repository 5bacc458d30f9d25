"""The contact sheet: pictures, the page, and the file that follows the store."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hccer.pipeline.contact_sheets import (
    contact_sheet_file,
    contact_sheet_preview,
    write_contact_sheet,
)
from hccer.pipeline.context import Context
from hccer.report.contact_sheet import (
    PREVIEW_BYTES,
    Case,
    Sheet,
    Tile,
    contact_sheet,
    head,
    preview,
)
from hccer.report.thumbnail import OUTLINE, SIZE_PX, thumbnail
from storage.store import Store
from tests.browser import chromium, resize
from tests.support import PHANTOM_FILE, register

SPACING_MM = (1.5, 1.5, 4.0)
EVIL = "<script>alert(1)</script>"


class Elements(HTMLParser):
    """Tags of a page with their attributes, and its text outside the style."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data if self.tags and self.tags[-1][0] != "style" else ""

    def of(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def volume(dtype: type = np.int16) -> tuple[np.ndarray, np.ndarray]:
    """A disc of 500 in air, with a tumour of 6 slices, widest in slice 5."""
    rows, columns = np.mgrid[:60, :80]
    image = np.where(np.hypot(rows - 30, columns - 40) < 25, 500, 10)
    tumour = np.zeros((10, 60, 80), dtype=bool)
    for number, radius in enumerate([3, 4, 6, 5, 3, 2], start=3):
        tumour[number] = np.hypot(rows - 30, columns - 30) < radius
    return np.repeat(image[None], 10, axis=0).astype(dtype), tumour


def picture(*given: np.ndarray, synthetic: bool = False) -> np.ndarray:
    content = thumbnail(*given, SPACING_MM, synthetic=synthetic)
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def amber(shown: np.ndarray) -> np.ndarray:
    """Where the outline is, whatever the compression does to its colour."""
    return (shown[..., 0] - shown[..., 2] > 80) & (shown[..., 0] > 120)


# ---- pictures


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32])
def test_the_outline_lies_about_the_widest_slice(dtype: type):
    image, tumour = volume(dtype)
    shown = picture(image, tumour)
    assert shown.shape == (SIZE_PX[1], SIZE_PX[0], 3)
    assert OUTLINE[0] - OUTLINE[2] > 80
    rows, columns = np.nonzero(amber(shown))
    scale = SIZE_PX[1] / (49 + 2 * 3)  # the disc is 49 voxels tall, its margin 3
    assert np.ptp(rows) == pytest.approx(11 * scale, abs=scale)
    centre = SIZE_PX[0] / 2 - 10 * scale
    assert (columns.max() + columns.min()) / 2 == pytest.approx(centre, abs=scale)


def test_an_image_without_mask_or_contrast_is_shown_all_the_same():
    image, tumour = volume()
    assert not amber(picture(image, None)).any()
    assert picture(np.full_like(image, 7), tumour).shape == (SIZE_PX[1], SIZE_PX[0], 3)
    assert picture(image[:1, :2], tumour[:1, :2]).any()


def test_a_synthetic_image_says_so_in_its_pixels():
    given = volume()
    plain, marked = picture(*given), picture(*given, synthetic=True)
    changed = np.abs(plain - marked).max(axis=2) > 100
    rows, columns = np.nonzero(changed)
    assert rows.min() > 0.85 * SIZE_PX[1]
    assert np.ptp(columns) > 0.4 * SIZE_PX[0]


# ---- the page


def sheet(*cases: Case, synthetic: bool = True) -> Sheet:
    return Sheet("livers", f"Livers {EVIL}", synthetic, cases, "0" * 64)


def tile(phase: str = "AP", *notes: str, content: bytes | None = b"picture") -> Tile:
    return Tile(phase, content, notes)


def test_what_comes_from_outside_is_text():
    case = Case(EVIL, 34.4, (tile(f"AP{EVIL}", f"no {EVIL}"),), (f"flag {EVIL}",))
    page = Elements(contact_sheet(sheet(case)))
    assert not page.of("script")
    assert page.text.count(EVIL) >= 5
    assert "34 mm" in page.text
    assert EVIL in page.of("img")[0]["alt"]


def test_no_request_leaves_the_page():
    html = contact_sheet(sheet(Case("p1", None, (tile(), tile("PVP")))))
    page = Elements(html)
    assert all(each["src"].startswith("data:image/webp;base64,") for each in page.of("img"))
    assert base64.b64decode(page.of("img")[0]["src"].split(",")[1]) == b"picture"
    assert not {tag for tag, _ in page.tags} & {"link", "script", "iframe", "object", "a", "form"}
    assert not re.search(r"url\(|@import|https?:|//\w", html.replace("data:image", ""))
    (policy,) = [each for each in page.of("meta") if "http-equiv" in each]
    assert policy["content"].startswith("default-src 'none'; img-src data:;")


def test_phases_stand_in_order_and_what_is_missing_is_said():
    case = Case("p1", 30.0, (tile("AP"), tile("PVP", "empty mask", content=None), tile("DP")))
    page = Elements(contact_sheet(sheet(case)))
    assert len(page.of("img")) == 2
    assert re.search(r"AP\s+no image\s+PVP\s+DP\s+PVP\s+empty mask", page.text)
    assert case.is_flagged
    assert page.of("article") == [{"class": "flagged"}]


@pytest.mark.parametrize("synthetic", [True, False])
def test_only_a_synthetic_cohort_is_called_so(synthetic: bool):
    given = sheet(Case("p1", 30.0, (tile(),)), synthetic=synthetic)
    page = Elements(contact_sheet(given))
    assert ("SYNTHETIC IMAGES" in page.text) == synthetic
    assert ("synthetic image" in page.of("img")[0]["alt"]) == synthetic
    assert ("SYNTHETIC IMAGES" in preview(given)) == synthetic


def test_a_cohort_without_images_has_a_page():
    assert "No patient has an image yet." in Elements(contact_sheet(sheet())).text


def test_the_preview_is_small_and_shows_flagged_patients_first():
    large = bytes(20_000)
    cases = [Case(f"p{n}", 1.0, (tile(content=large), tile("PVP", content=large)))
             for n in range(9)]  # fmt: skip
    flagged = Case("p_9|[x](http://x)", 1.0, cases[0].tiles, ("look",))
    text = preview(sheet(*cases, flagged))
    assert len(text.encode()) <= PREVIEW_BYTES
    rows = [line for line in text.splitlines() if "data:image" in line]
    assert 2 <= len(rows) <= 4
    assert rows[0].startswith("| p_9\\|\\[x\\]\\(http\\:\\/\\/x\\) | ![AP](data:image/webp;base64,")
    assert rows[0].endswith("| look |")
    assert rows[1].startswith("| p0 |")


# ---- the file


def test_the_file_is_written_once_and_again_when_something_changed(phantom_store: Store):
    context = Context(phantom_store, "phantom", "sheet")
    file = write_contact_sheet(context)
    assert file == phantom_store.home.path / "reports" / "phantom" / "contact_sheet.html"
    page, first = Elements(file.read_text()), file.stat().st_ino
    assert len(page.of("img")) == 8
    assert re.search(r"PH_004\s+\d\d mm", page.text)
    assert write_contact_sheet(context).stat().st_ino == first
    register(phantom_store, PHANTOM_FILE, Path(context.root), title=EVIL)
    changed = write_contact_sheet(Context(phantom_store, "phantom", "sheet"))
    assert changed.stat().st_ino != first
    assert f"{EVIL}: contact sheet" in Elements(changed.read_text()).text
    names = {each.name for each in file.parent.iterdir()}
    assert names == {"contact_sheet.html", "contact_sheet.md"}


def test_flags_of_the_checks_and_rejections_are_on_the_page(phantom_store: Store):
    for change in (
        "update lake.segmentation set component_count = 2 where patient_id = 'PH_002'",
        "update lake.image set voxel_sha256 = 'same' where patient_id in ('PH_001', 'PH_003') "
        "and phase = 'AP'",
        "delete from lake.image where patient_id = 'PH_004' and phase = 'AP'",
        "insert into lake.rejected (cohort_id, patient_id, phase, asset, reason, run_id) values "
        "('phantom', 'PH_004', 'AP', 'image', 'constant image: every voxel is 0', 'x')",
    ):
        phantom_store.session.execute(change)
    context = Context(phantom_store, "phantom", "sheet")
    text = " ".join(Elements(write_contact_sheet(context).read_text()).text.split())
    assert "AP, PVP: 2 nodules in the mask of reader_1" in text
    assert text.count("AP: another image has the same voxels") == 2
    assert "no image AP PVP AP constant image: every voxel is 0" in text
    shown = contact_sheet_preview(context)
    assert "2 nodules" in shown
    assert len(shown.encode()) <= PREVIEW_BYTES


def test_a_lost_blob_is_said_on_the_page(phantom_store: Store):
    named = phantom_store.rows("select image_sha256 from lake.image order by all limit 1").item()
    phantom_store.blobs.path(named).unlink()
    context = Context(phantom_store, "phantom", "sheet")
    contact_sheet_file(context).unlink()
    page = write_contact_sheet(context).read_text()
    assert Elements(page).text.count("its stored volume cannot be read") == 1


def test_the_head_of_the_page_names_what_it_was_made_from():
    first = contact_sheet(sheet()).splitlines()[0]
    assert first == head("0" * 64) == f"<!doctype html><!-- contact sheet {'0' * 64} -->"


# ---- in a browser


@pytest.mark.needs("browser")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(tmp_path: Path, width: int):
    content = thumbnail(*volume(), SPACING_MM, synthetic=True)
    tiles = tuple(tile(phase, content=content) for phase in ("AP", "PVP", "DP"))
    cases = [Case(f"P{n:02}" + "x" * 40 * (n == 3), 31.0, tiles) for n in range(6)]
    (tmp_path / "page.html").write_text(contact_sheet(sheet(*cases)))
    with chromium() as driver:
        resize(driver, width)
        driver.get((tmp_path / "page.html").as_uri())
        over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert driver.execute_script(over) == 0
        assert driver.execute_script("return document.images[2].naturalWidth") == SIZE_PX[0]
        tops = "return [...document.images].slice(0, 3).map(i => i.getBoundingClientRect().top)"
        assert len(set(driver.execute_script(tops))) == 1, "phases stand side by side"

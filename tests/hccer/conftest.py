"""Studies that several files read: of fits, of networks, and the complete one with its report."""

import shutil
from pathlib import Path

import pytest

from hccer.study.context import StudyContext
from hccer.study.report_files import report_folder, report_page
from storage.home import Home
from storage.reading import Reader
from storage.store import Store
from tests.hccer.complete_study import STUDY
from tests.hccer.planted import clinical_store
from tests.hccer.planted_fits import fitted_study
from tests.hccer.report_html import Reading


@pytest.fixture(scope="session")
def folder(complete_home: Home) -> Path:
    """Folder of the complete report; only to be read."""
    return report_folder(complete_home, STUDY)


@pytest.fixture(scope="session")
def html(complete_home: Home) -> str:
    """The study page as it is written."""
    return report_page(complete_home, STUDY).read_text()


@pytest.fixture(scope="session")
def page(html: str) -> Reading:
    """The study page as it is read."""
    return Reading(html)


@pytest.fixture(scope="session")
def reader(complete_home: Home) -> Reader:
    """What `hccer sql` sees of the complete study."""
    return Reader(complete_home)


@pytest.fixture
def context(complete_home: Home, tmp_path: Path) -> StudyContext:
    """A copy of the complete study that a test may change."""
    home = Home(Path(shutil.copytree(complete_home.path, tmp_path / "home")))
    return StudyContext(Store.open(home), STUDY, "again")


@pytest.fixture(scope="session")
def clinical_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with patients and features, before any study; only to be copied."""
    return clinical_store(tmp_path_factory.mktemp("clinical")).home.path


@pytest.fixture
def fresh(clinical_home: Path, tmp_path: Path) -> Store:
    """A store of one's own with patients and features."""
    return Store.open(Home(Path(shutil.copytree(clinical_home, tmp_path / "home"))))


@pytest.fixture(scope="session")
def fitted(clinical_home: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyContext:
    """A study of that store with every fit evaluated; only to be read."""
    path = shutil.copytree(clinical_home, tmp_path_factory.mktemp("fitted") / "home")
    return fitted_study(Home(Path(path)))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> StudyContext:
    """A study with everything of its networks made; only to be read."""
    from tests.hccer.deep_study import study_with_networks  # importing torch takes seconds

    return study_with_networks(Home(tmp_path_factory.mktemp("deep") / "home"))


@pytest.fixture
def own(made: StudyContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyContext:
    """A copy of that study that a test may change."""
    from tests.hccer.deep_study import copied, in_process

    in_process(monkeypatch)
    return copied(made, tmp_path)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the networks that are trained from now on."""
    from tests.hccer import deep_study

    names: list[str] = []
    monkeypatch.setattr(deep_study.deep_training, "train", deep_study.counting(names))
    return names

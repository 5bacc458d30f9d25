"""`$HCCER_HOME`: the one folder of a store, and the addresses that may replace its parts."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from schemas.errors import HccerError


@dataclass(frozen=True)
class Home:
    """Folder of a store.

    Attributes:
        path: absolute path of `$HCCER_HOME`.
        catalog_url: PostgreSQL address of the lake's catalog, None for SQLite in the folder.
        registry_url: PostgreSQL address of the registry, None for SQLite in the folder.
    """

    path: Path
    catalog_url: str | None = None
    registry_url: str | None = None

    @classmethod
    def from_environment(cls) -> "Home":
        """The home named by HCCER_HOME, HCCER_CATALOG and HCCER_REGISTRY (./hccer_home)."""
        path = Path(os.environ.get("HCCER_HOME") or "hccer_home").resolve()
        return cls(path, _postgres("HCCER_CATALOG"), _postgres("HCCER_REGISTRY"))

    @property
    def lake(self) -> Path:
        """Folder of catalog and data of the lake."""
        return self.path / "lake"

    @property
    def data(self) -> Path:
        """Folder of the lake's Parquet files."""
        return self.lake / "data"

    @property
    def catalog(self) -> Path:
        """SQLite file of the lake's catalog."""
        return self.lake / "catalog.sqlite"

    @property
    def registry(self) -> Path:
        """SQLite file of the registry."""
        return self.path / "registry.sqlite"

    @property
    def blobs(self) -> Path:
        """Folder of content-addressed files."""
        return self.path / "blobs"

    @property
    def artifacts(self) -> Path:
        """Folder of content-addressed models."""
        return self.blobs / "artifact"

    @property
    def weights(self) -> Path:
        """Folder of content-addressed weights of networks."""
        return self.blobs / "weights"

    @property
    def checkpoints(self) -> Path:
        """Folder of networks whose training goes on."""
        return self.path / "checkpoints"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.path / "dagster"

    @property
    def reports(self) -> Path:
        """Folder of reports."""
        return self.path / "reports"

    @property
    def exists(self) -> bool:
        """Whether a store was made here."""
        return self.data.is_dir()


def _postgres(variable: str) -> str | None:
    url = os.environ.get(variable)
    if url and urlsplit(url).scheme not in ("postgresql", "postgres"):
        given = without_password(url)
        raise HccerError(f"{variable} must be a postgresql:// address (given: {given!r})")
    return url or None


def without_password(text: str) -> str:
    """A text that may hold addresses, without their passwords."""
    text = re.sub(r"(://[^\s:/@]*):[^\s@]*@", r"\1:***@", text)
    return re.sub(r"(?i)\b((?:ssl)?password)=[^\s&\"']*", r"\1=***", text)

"""Files named by the sha256 of their content; a suffix that ends in .gz is kept gzipped."""

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import HccerError

UNFINISHED = ".part-"


def content_sha256(content: bytes) -> str:
    """Hex sha256 of the content."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Blobs:
    """A folder of files of one kind, each `<first two digits>/<sha256><suffix>`.

    Attributes:
        remedy: how one that is lost is made again.
    """

    folder: Path
    suffix: str = ".nii.gz"
    remedy: str = "ingest it again"

    def path(self, sha256: str) -> Path:
        """Where the blob with this content hash is or would be."""
        return self.folder / sha256[:2] / f"{sha256}{self.suffix}"

    def put(self, content: bytes) -> str:
        """Keep the content (once) and return its sha256; a crash leaves no torn file."""
        sha256 = content_sha256(content)
        target = self.path(sha256)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, self._packed(content))
        return sha256

    @property
    def _gzipped(self) -> bool:
        return self.suffix.endswith(".gz")

    def _packed(self, content: bytes) -> bytes:
        return gzip.compress(content, compresslevel=3, mtime=0) if self._gzipped else content

    def get(self, sha256: str) -> bytes:
        """The content of a blob.

        Raises:
            HccerError: the blob is missing, or its bytes are not those it is named by.
        """
        path = self.path(sha256)
        try:
            content = path.read_bytes()
            content = gzip.decompress(content) if self._gzipped else content
        except (OSError, EOFError) as error:
            raise HccerError(f"blob {sha256} cannot be read: {error}; {self.remedy}") from None
        if content_sha256(content) != sha256:
            raise HccerError(f"blob {sha256} is damaged: delete {path} and {self.remedy}")
        return content

    def delete(self, sha256s: Iterable[str]) -> int:
        """Delete blobs by hash; returns how many were there."""
        paths = [path for path in map(self.path, sha256s) if path.exists()]
        for path in paths:
            path.unlink()
        return len(paths)

    def delete_unfinished(self) -> None:
        """Delete what killed writers left half written; only while nobody writes."""
        for path in self.folder.glob(f"??/{UNFINISHED}*"):
            path.unlink()

    def __iter__(self) -> Iterator[str]:
        """Hashes of the blobs that are there."""
        return (path.name.split(".")[0] for path in self.folder.glob(f"??/*{self.suffix}"))


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whenever the process is killed."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

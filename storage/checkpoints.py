"""Networks whose training goes on: one file each, there whole or not at all, never in the lake."""

from collections.abc import Collection
from pathlib import Path

from storage.blobs import write_whole
from storage.home import Home


class Checkpoints:
    """The checkpoints of a study, by the derivation of the network that is trained."""

    def __init__(self, home: Home, study_id: str) -> None:
        self.folder = home.checkpoints / study_id

    def _path(self, derivation: str) -> Path:
        return self.folder / f"{derivation}.safetensors"

    def put(self, derivation: str, content: bytes) -> None:
        """Keep a checkpoint in place of an older one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(derivation), content)

    def get(self, derivation: str) -> bytes | None:
        """The checkpoint, None where there is none."""
        path = self._path(derivation)
        return path.read_bytes() if path.exists() else None

    def keep(self, derivations: Collection[str]) -> None:
        """Delete all others, and what killed writers left half written."""
        kept = set(map(self._path, derivations))
        for path in self.folder.glob("*"):
            if path not in kept:
                path.unlink()
        if self.folder.exists() and not kept:
            self.folder.rmdir()

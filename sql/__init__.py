"""SQL files, one idea per file: views, macros, queries worth having, checks.

A file starts with comment lines: its description, then `-- key: value` lines.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_FIELD = re.compile(r"^-- (table|severity|parameters): (.*)$")


@dataclass(frozen=True)
class SqlFile:
    """One SQL file: its name, what its head says, and the statement."""

    name: str
    description: str
    fields: dict[str, str]
    text: str


@cache
def load(folder: str) -> dict[str, SqlFile]:
    """The files of `views`, `macros`, `queries` or `checks`, by name."""
    found = (resources.files("sql") / folder).iterdir()
    files = sorted((file for file in found if file.name.endswith(".sql")), key=lambda f: f.name)
    return {file.name[:-4]: _parse(file.name[:-4], file.read_text()) for file in files}


def _parse(name: str, text: str) -> SqlFile:
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("--")]
    fields = {m[1]: m[2].strip() for m in map(_FIELD.match, head) if m}
    description = " ".join(line[2:].strip() for line in head if not _FIELD.match(line))
    body = "\n".join(line for line in lines if not line.startswith("--"))
    return SqlFile(name, description, fields, body.strip().rstrip(";"))

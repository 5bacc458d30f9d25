"""Read `cohort.toml` and `study.toml`; every wrong field is named with its path."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from schemas.cohort_file import CohortFile
from schemas.errors import HccerError, InvalidFileError, field_problems
from schemas.study_file import StudyFile

Model = TypeVar("Model", bound=BaseModel)


def read_cohort_file(file: Path, root: Path | None = None) -> tuple[CohortFile, Path]:
    """A validated cohort file and the absolute root of its data.

    Args:
        file: path of the `cohort.toml`.
        root: root given by the user; else the file's `root` (relative to the file), else the
            folder of the file.

    Raises:
        HccerError: no such file or root, or no TOML.
        InvalidFileError: wrong fields.
    """
    cohort = _read(file, CohortFile)
    chosen = root or file.parent / (cohort.root or ".")
    if not chosen.is_dir():
        raise HccerError(f"the root of cohort {cohort.id} is not a folder: {chosen} (--root DIR)")
    return cohort, chosen.resolve()


def read_study_file(file: Path) -> StudyFile:
    """A validated study file.

    Raises:
        HccerError: no such file, or no TOML.
        InvalidFileError: wrong fields.
    """
    return _read(file, StudyFile)


def _read(file: Path, model: type[Model]) -> Model:
    try:
        return model.model_validate(_content(file))
    except ValidationError as error:
        raise InvalidFileError(str(file), _problems(file, error)) from None


def _content(file: Path) -> dict:
    if file.exists() and not file.is_file():
        raise HccerError(f"{file} is no regular file")  # to open a pipe would wait for ever
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HccerError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HccerError(f"{file} is not UTF-8 text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise HccerError(f"{file} is not valid TOML: {error}") from None
    except ValueError:  # a whole number of thousands of digits
        raise HccerError(f"{file} has a number of too many digits") from None
    except RecursionError:
        raise HccerError(f"{file} is nested too deeply") from None


def _problems(file: Path, error: ValidationError) -> list[str]:
    try:
        return field_problems(error)
    except RecursionError:  # a field whose value is too deep to be shown
        raise HccerError(f"{file} is nested too deeply") from None

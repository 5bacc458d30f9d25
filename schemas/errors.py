"""The one error type whose text is meant for a user: what is wrong, where, what to do."""

from collections.abc import Sequence

from pydantic import ValidationError

LONGEST = 120  # characters of a wrong value that are shown
CHOICES = ("nifti", "dicom")  # Pydantic puts the chosen layout into the path of a field


NAMED = 5  # names spelled out in a sentence


def some(names: Sequence[object]) -> str:
    """The first names of a list in a sentence."""
    return f"{', '.join(map(str, names[:NAMED]))}{', ...' if len(names) > NAMED else ''}"


class HccerError(Exception):
    """A problem the user can act on; the message is one clear sentence."""


class InvalidFileError(HccerError):
    """A file handed in by the user is wrong; `problems` lists every field with its path."""

    def __init__(self, file: str, problems: list[str]) -> None:
        self.file, self.problems = file, problems
        lines = "".join(f"\n  {problem}" for problem in problems)
        count = f"{len(problems)} field{'s' if len(problems) > 1 else ''}"
        super().__init__(f"{file} has {count} to correct:{lines}")


def field_problems(error: ValidationError) -> list[str]:
    """Every wrong field of a Pydantic validation as `path: what is allowed (given: value)`.

    Args:
        error: the validation error of one of the file models.

    Returns:
        One line per field, in the order of the file.
    """
    return [_problem(item) for item in error.errors(include_url=False)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _problem(item: dict) -> str:
    parts = [str(part) for part in item["loc"] if part not in CHOICES]
    message = item["msg"].removeprefix("Value error, ")
    given = f" (given: {_short(item['input'])})"
    if item["type"] == "union_tag_invalid":  # the field that chooses is the wrong one
        context = item["ctx"]
        parts.append(context["discriminator"].strip("'"))
        message = f"Input should be {context['expected_tags']}"
        given = f" (given: {context['tag']!r})"
    if item["type"] in ("missing", "extra_forbidden", "union_tag_not_found"):
        given = ""
    return f"{'.'.join(parts) or '(file)'}: {message}{given}"

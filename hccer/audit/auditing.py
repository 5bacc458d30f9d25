"""The audit: every check over a table of printed numbers."""

from functools import cache
from importlib import resources

import polars as pl

from hccer.audit.area_tests import area_test_findings
from hccer.audit.areas import area_findings
from hccer.audit.counts import count_findings
from hccer.audit.findings import Finding, findings_frame, merged
from hccer.audit.numbers import Numbers, read_numbers
from hccer.audit.odds import odds_findings
from hccer.audit.proportions import proportion_findings
from hccer.audit.repeats import calculation_findings, repeat_findings


def audit(frame: pl.DataFrame, level: float = 0.95) -> pl.DataFrame:
    """Which printed numbers cannot all be true.

    Args:
        frame: one row per printed number, columns `hccer.audit.numbers.COLUMNS`, all text.
        level: coverage of the printed intervals.

    Returns:
        One row per finding, the same numbers in several places as one: rule, places, claim,
        printed, reason, fits.

    Raises:
        HccerError: the table cannot be read as numbers.
    """
    return findings_frame(find(read_numbers(frame), level))


def find(numbers: Numbers, level: float = 0.95) -> list[Finding]:
    """The findings of all checks."""
    found = [
        *proportion_findings(numbers),
        *area_findings(numbers),
        *area_test_findings(numbers, level),
        *odds_findings(numbers, level),
        *count_findings(numbers),
        *calculation_findings(numbers),
    ]
    return merged([*found, *repeat_findings(numbers, found)])


@cache
def paper_numbers() -> pl.DataFrame:
    """What Zhao et al. print: tables 1 to 4, and the numbers of the text that say the same.

    Source:
        Front Oncol 2024;14:1446386, doi 10.3389/fonc.2024.1446386.
    """
    text = (resources.files("hccer.audit") / "paper.csv").read_bytes()
    return pl.read_csv(text, infer_schema=False, comment_prefix="#")

"""What an audit finds: where, what is printed, why it cannot be, and what would fit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from hccer.audit.numbers import Key, Number

WORDS = {"auc": "AUC", "low": "lower limit", "high": "upper limit", "p": "P", "ppv": "PPV",
         "npv": "NPV"}  # fmt: skip
SCHEMA = dict.fromkeys(("rule", "places", "claim", "printed", "reason", "fits"), pl.String)


@dataclass(frozen=True)
class Finding:
    """Printed numbers that cannot all be true.

    `keys` are the numbers that are at fault, `fits` is empty where nothing is known that would.
    """

    rule: str
    keys: frozenset[Key]
    places: tuple[str, ...]
    claim: str
    printed: str
    reason: str
    fits: str = ""


def word(statistic: str) -> str:
    """The statistic as one would write it: `auc_low` is a lower limit."""
    part = statistic.rpartition("_")[2]
    return WORDS.get(part, statistic.replace("_", " "))


def finding(rule: str, numbers: Iterable[Number], reason: str, fits: str = "") -> Finding:
    """A finding about numbers of one claim."""
    given = list(numbers)
    return Finding(
        rule=rule,
        keys=frozenset(number.key for number in given),
        places=tuple(dict.fromkeys(number.table for number in given)),
        claim=given[0].name,
        printed=", ".join(f"{word(number.statistic)} {number.text}" for number in given),
        reason=reason,
        fits=fits,
    )


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The same numbers, wrong in several places, as one finding."""
    found: dict[tuple[str, frozenset[Key]], Finding] = {}
    for each in findings:
        name = (each.rule, each.keys)
        places = (*found[name].places, *each.places) if name in found else each.places
        found[name] = replace(found.get(name, each), places=tuple(dict.fromkeys(places)))
    return list(found.values())


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """One row per finding: rule, places, claim, printed, reason, fits."""
    rows = [
        (each.rule, ", ".join(each.places), each.claim, each.printed, each.reason, each.fits)
        for each in findings
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")

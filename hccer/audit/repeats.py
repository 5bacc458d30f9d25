"""Numbers that are the result of a calculation, and numbers that stand in several places."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from hccer.audit.findings import Finding, finding
from hccer.audit.numbers import Key, Number, Numbers
from hccer.audit.printed import Range


def calculation_findings(numbers: Numbers) -> Iterator[Finding]:
    """Numbers that are not the result of their calculation; two that are each other's are one."""
    wrong = [
        (number, rule)
        for rule in numbers.of("arithmetic")
        for number in [numbers.find("number", *_where(rule), table=rule.table)]
        if number and not number.range.meets(rule.range)
    ]
    swapped: set[Key] = set()
    for (first, first_rule), (second, second_rule) in combinations(wrong, 2):
        if first.range.meets(second_rule.range) and second.range.meets(first_rule.range):
            swapped |= {first.key, second.key}
            yield _swap(first, first_rule, second, second_rule)
    for number, rule in wrong:
        if number.key not in swapped:
            yield finding("calculation", [number], f"{rule.text} is another number",
                          _result(rule.range))  # fmt: skip


def _where(rule: Number) -> tuple[str, str, str, str]:
    return (rule.row, rule.group, rule.level, rule.outcome)


def _swap(first: Number, first_rule: Number, second: Number, second_rule: Number) -> Finding:
    reason = (f"{first_rule.text} is {_result(first_rule.range)}, and {second_rule.text} is "
              f"{_result(second_rule.range)}")  # fmt: skip
    found = finding("calculation", [first, second], reason, "the two numbers exchanged")
    claim, printed = f"{first.name} and {second.name}", f"{first.text} and {second.text}"
    return Finding(**{**vars(found), "claim": claim, "printed": printed})


def _result(values: Range) -> str:
    if values.low == values.high:
        return f"{values.low:g}"
    return f"{values.low:.4g} to {values.high:.4g}"


def repeat_findings(numbers: Numbers, known: Iterable[Finding]) -> Iterator[Finding]:
    """Numbers that differ between places, unless one of them is known to be wrong."""
    explained = frozenset().union(*(each.keys for each in known))
    for key, given in numbers.by_key.items():
        if key in explained or key[-1] == "arithmetic":
            continue
        if not all(a.range.agrees(b.range) for a, b in combinations(given, 2)):
            texts = ", ".join(f"{each.text} in {each.table}" for each in given)
            yield finding("repeated", given, f"it is printed differently: {texts}")

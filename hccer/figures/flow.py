"""Who took part, and what was made of them: flow chart and workflow."""

import polars as pl

from hccer.figures.boxes import Plan
from hccer.figures.sheet import LINE, Sheet
from hccer.figures.words import ROLES, plain

LEFT, TRUNK, SIDE_LEFT, SIDE = 6, 207, 230, 204
RIGHT = SIDE_LEFT + SIDE
GAP, ARROW = 14, 20
COLUMNS = ((6, 196), (212, 100), (322, 112))
# what a model is built from, in words
INPUTS = {
    "CR": "clinical factors",
    "radiomics": "selected features",
    "DL": "images",
    "RCR": "features and factors",
    "DLRCR": "images, features and factors, trained jointly",
}


def flow_sheet(frame: pl.DataFrame) -> Sheet:
    """Recruited at the top, exclusions at the side in order, parts at the bottom."""
    plan = Plan()
    top = float(LEFT)
    purposes = frame["purpose"].unique(maintain_order=True)
    for purpose in purposes:
        rows = frame.filter(pl.col("purpose") == purpose)
        if len(purposes) > 1:
            plan.text(LEFT, top + LINE / 2, f"{purpose}: {rows['cohorts'][0]}", bold=True)
            top += LINE + GAP / 2
        top = _flow(plan, top, rows) + 2 * GAP
    return plan.sheet()


def _flow(plan: Plan, top: float, rows: pl.DataFrame) -> float:
    """One chart; returns where it ends."""
    named = {kind[0]: part.to_dicts() for kind, part in rows.group_by("kind", maintain_order=True)}
    middle = LEFT + TRUNK / 2
    below = plan.box(LEFT, top, TRUNK, [_counted("Recruited", named["recruited"][0]["n"])])
    side = below + GAP
    for row in (*named.get("excluded", ()), *named.get("unused", ())):
        ends = plan.box(SIDE_LEFT, side, SIDE, [_counted(row["kind"].title(), row["n"]),
                                                row["text"] or "no reason given"])  # fmt: skip
        plan.arrow(middle, (side + ends) / 2, SIDE_LEFT, (side + ends) / 2)
        side = ends + GAP
    if "included" not in named:
        return side
    plan.arrow(middle, below, middle, side + ARROW - GAP)
    below = plan.box(LEFT, side + ARROW - GAP, TRUNK, _part("Included", named["included"][0]))
    parts = named.get("part", [])
    return _parts(plan, below, parts) if len(parts) > 1 else below


def _parts(plan: Plan, top: float, parts: list[dict]) -> float:
    ends, fork = top, top + ARROW * 0.6
    width = (RIGHT - LEFT - GAP * (len(parts) - 1)) / max(len(parts), 1)
    for at, row in enumerate(parts):
        left = LEFT + at * (width + GAP)
        middle = left + width / 2
        plan.line((LEFT + TRUNK / 2, top), (LEFT + TRUNK / 2, fork), (middle, fork))
        plan.arrow(middle, fork, middle, fork + ARROW)
        ends = max(ends, plan.box(left, fork + ARROW, width, _part(ROLES[row["text"]], row)))
    return ends


def _counted(what: str, n: int) -> str:
    return f"{what}, n = {n}"


def _part(what: str, row: dict) -> list[str]:
    return [_counted(what, row["n"]), f"{plain(row['endpoint'])} {row['event']}",
            f"none {row['no_event']}"]  # fmt: skip


def flow_caption(frame: pl.DataFrame) -> str:
    """The chart in words."""
    sentences = []
    for purpose, rows in frame.group_by("purpose", maintain_order=True):
        total = {kind[0]: part["n"].sum() for kind, part in rows.group_by("kind")}
        parts = ", ".join(f"{row['n']} {ROLES[row['text']].lower()} ({row['event']} with the event)"
                          for row in rows.filter(pl.col("kind") == "part").to_dicts())  # fmt: skip
        sentences.append(
            f"{purpose[0].title()} ({rows['cohorts'][0]}): {total.get('recruited', 0)} recruited, "
            f"{total.get('excluded', 0)} excluded, {total.get('unused', 0)} unused in this study, "
            f"{total.get('included', 0)} included: {parts}."
        )
    return "Flow chart of the study population. " + " ".join(sentences)


def workflow_sheet(frame: pl.DataFrame) -> Sheet:
    """Patients, the chain of features beside factors and networks, and the models."""
    rows = {step[0]: part.to_dicts() for step, part in frame.group_by("step", maintain_order=True)}
    plan = Plan()
    patients = " · ".join(f"{ROLES[r['detail']].lower()} {r['n']}" for r in rows["patients"])
    below = plan.box(LEFT, LEFT, RIGHT - LEFT, [f"{_total(rows['patients'])} patients", patients])
    chains = _feature_steps(rows), [_factors(rows)], [_networks(rows)]
    ends = [_chain(plan, *column, below, steps)
            for column, steps in zip(COLUMNS, chains, strict=True)]  # fmt: skip
    models = [_model(row) for row in rows.get("model", [])]
    if models:
        top = max(ends) + ARROW
        for (left, width), end in zip(COLUMNS, ends, strict=True):
            plan.arrow(left + width / 2, end, left + width / 2, top)
        plan.box(LEFT, top, RIGHT - LEFT, ["Models", *models])
    return plan.sheet()


def _chain(plan: Plan, left: float, width: float, top: float, steps: list[list[str]]) -> float:
    for lines in steps:
        plan.arrow(left + width / 2, top, left + width / 2, top + ARROW)
        top = plan.box(left, top + ARROW, width, lines)
    return top


def _feature_steps(rows: dict[str, list[dict]]) -> list[list[str]]:
    words = {
        "extracted": "radiomics features",
        "reliable": "reliable over delineations (ICC)",
        "screened": "differ with the event",
        "selected": "selected by the LASSO",
    }
    return [
        [f"{_total(rows[step])} {text}", ", ".join(f"{r['detail']} {r['n']}" for r in rows[step])]
        for step, text in words.items()
        if step in rows
    ]


def _factors(rows: dict[str, list[dict]]) -> list[str]:
    found = [plain(row["detail"]) for row in rows.get("factors", [])]
    return ["Clinical factors", *(found or ["none independent"])]


def _networks(rows: dict[str, list[dict]]) -> list[str]:
    """With the number of trained values in millions."""
    found = [f"{row['detail']}: {row['n'] / 1e6:.1f}\u00a0M" for row in rows.get("network", [])]
    return ["Networks", *(found or ["none trained"])]


def _total(rows: list[dict]) -> int:
    return sum(row["n"] for row in rows)


def _model(row: dict) -> str:
    model, algorithms = row["detail"].split(": ", 1)
    return f"{model} – {INPUTS[model]}: {algorithms}"


def workflow_caption(frame: pl.DataFrame) -> str:
    """The chain of numbers in words."""
    total = {step[0]: part["n"].sum() for step, part in frame.group_by("step")}
    phases = frame.filter(pl.col("step") == "extracted")["detail"].to_list()
    words = {"reliable": "reliable over repeated delineations", "screened": "differ with the event",
             "selected": "are selected by the LASSO"}  # fmt: skip
    chain = ", ".join(f"{total[step]} {text}" for step, text in words.items() if step in total)
    features = (
        f"{total['extracted']} radiomics features of {len(phases)} phases ({', '.join(phases)})"
        f"{f', of which {chain}' if chain else ''}; "
        if phases
        else ""
    )
    return (
        f"Workflow: {total.get('patients', 0)} patients; {features}clinical factors and networks"
        f"{' beside them' if features else ''}, and the models that are built from each."
    )

"""embedding: the last vector of every network, of everyone whom it can score."""

import hashlib
import json

import polars as pl

from hccer.study.context import StudyContext
from hccer.study.scored import Scorer
from hccer.study.units import Units
from schemas.errors import HccerError
from schemas.tables import EMBEDDING, NETWORK
from storage.lineage import Outcome
from storage.memory import derivation

VERSION = "embedding-1"
UNIT = ("fit_id", "fold")


def make_embedding(context: StudyContext) -> Outcome:
    """Embed the patients whom each network scores, network by network.

    Training patients of a network of all training patients are there with the role train; the view
    `unseen_embedding` leaves them out.

    Raises:
        HccerError: a network cannot embed; after all those that can.
    """
    units, scorer = Units(context, (EMBEDDING,), UNIT), Scorer(context)
    networks = context.own(NETWORK).to_dicts()
    wanted = [_unit(network, scorer) for network in networks]
    todo, gone, reused = units.plan(wanted)
    units.put(gone.to_dicts(), f"embeddings of {len(gone)} networks taken out")
    failed = []
    for network, unit in zip(networks, wanted, strict=True):
        if unit in todo:
            try:
                rows = _rows(network, unit, scorer)
            except HccerError as error:
                failed.append(str(error))  # the error itself would keep the tensors of its frames
            else:
                units.put([unit], f"{len(rows)} of {unit['fit_id']}, fold {unit['fold']}", rows)
    if failed:
        raise HccerError(failed[0])
    return units.outcome(len(todo), reused, len(gone), VERSION)


def _unit(network: dict, scorer: Scorer) -> dict:
    seen = scorer.placed(network).select("cohort_id", "patient_id", "role", "crop_sha256").rows()
    joined = scorer.joined(network)
    values = "" if joined is None else hashlib.sha256(joined.tobytes()).hexdigest()
    inputs = [network["weights_sha256"], json.dumps(seen), values]
    named = {name: network[name] for name in UNIT}
    return {**named, "derivation": derivation(inputs, "", VERSION)}


def _rows(network: dict, unit: dict, scorer: Scorer) -> list[dict]:
    scores = scorer.score(network)
    if scores is None:
        return []
    placed = scorer.placed(network).select("cohort_id", "patient_id", "role").with_columns(
        pl.Series("values", scores.embedding.tolist(), dtype=pl.List(pl.Float32)),
        weights_sha256=pl.lit(network["weights_sha256"]),
    )  # fmt: skip
    return [{**row, **unit} for row in placed.to_dicts()]

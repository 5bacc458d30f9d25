"""What two radiologists read on the MR images, and the consensus with a third."""

import numpy as np
import polars as pl

from hccer.synthetic.published import assumptions, published

READERS = ("radiologist_1", "radiologist_2")
CONSENSUS = "consensus"
DIAMETER = "diameter_above_5cm"
STREAM = 1  # chance of its own, apart from that of the patients


def built_in_readings(patients: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """Readings of each MR feature by both radiologists, and the consensus.

    Where the two disagree, the third reader agrees with one of them; so the consensus is what
    `patients` holds, and the two never err on the same item of the same patient. The numbers of
    errors are fixed (in proportion where there are fewer than 165 patients); the seed decides on
    whom they fall.

    Args:
        patients: rows of `built_in_patients`.
        seed: same seed, same readings.

    Returns:
        Columns `patient_id, reader_id, item, value`; value is the category in the words of
        `built_in_patients`, and yes or no for the item diameter_above_5cm.
    """
    paper, assumed, rng = published(), assumptions(), np.random.default_rng([seed, STREAM])
    frames = []
    for name, errors in assumed.disagreements.items():
        item, first, second = _item(name)
        truth = (_read(patients, name) == first).to_numpy()
        wrong = _errors(truth, errors, patients.height / paper.patients, rng)
        for reader in (*READERS, CONSENSUS):
            seen = truth ^ wrong.get(reader, False)
            values = np.where(seen, first, second)
            frames.append(_long(patients["patient_id"], reader, item, values))
    return pl.concat(frames).sort("patient_id", "reader_id", maintain_order=True)


def _item(name: str) -> tuple[str, str, str]:
    if name == "diameter_cm":
        return DIAMETER, "yes", "no"
    return name, *published().categories(name)


def _read(patients: pl.DataFrame, name: str) -> pl.Series:
    if name != "diameter_cm":
        return patients[name]
    above = pl.when(pl.col(name) > published().cut_offs[name])
    return patients.select(above.then(pl.lit("yes")).otherwise(pl.lit("no"))).to_series()


def _errors(
    truth: np.ndarray,
    errors: dict[str, tuple[int, int]],
    share: float,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Per reader, where the reading differs from the consensus (n,)."""
    candidates = [list(rng.permutation(np.flatnonzero(truth == side))) for side in (True, False)]
    wrong = {}
    for reader, counts in errors.items():
        wrong[reader] = np.zeros(truth.size, dtype=bool)
        for left, count in zip(candidates, counts, strict=True):
            chosen = [left.pop() for _ in range(min(round(count * share), len(left)))]
            wrong[reader][chosen] = True
    return wrong


def _long(patient_ids: pl.Series, reader: str, item: str, values: np.ndarray) -> pl.DataFrame:
    frame = pl.DataFrame({"patient_id": patient_ids, "value": values})
    named = frame.with_columns(reader_id=pl.lit(reader), item=pl.lit(item))
    return named.select("patient_id", "reader_id", "item", "value")

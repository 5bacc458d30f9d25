"""The 125 patients who were operated on but are not in the cohort, and why."""

import numpy as np
import polars as pl

from hccer.synthetic.published import published
from hccer.synthetic.timeline import draw_surgery

STREAM = 2  # chance of its own, apart from that of the patients and the readings
LATEST_REVIEW_DAYS = 30
LOST_AFTER_DAYS = (30, 700)  # short of 24 months


def built_in_exclusions(seed: int = 0) -> pl.DataFrame:
    """Generate the excluded patients.

    Args:
        seed: same seed, same patients.

    Returns:
        125 rows in the order of surgery: patient_id (numbered on from the cohort's 165), reason
        in the paper's words, position of the reason in the flow chart (1 to 4), surgery_date,
        and date: of the exclusion, or of the last contact of those lost to follow-up.

    Source: Zhao Y et al. Front Oncol 2024, doi 10.3389/fonc.2024.1446386, Methods, Figure 1.
    """
    paper, rng = published(), np.random.default_rng([seed, STREAM])
    reasons, counts = list(paper.exclusions), list(paper.exclusions.values())
    position = rng.permutation(np.repeat(np.arange(len(reasons)), counts))
    lost = position == len(reasons) - 1  # the last reason of the flow chart
    days = np.where(
        lost,
        rng.integers(*LOST_AFTER_DAYS, position.size),
        rng.integers(1, LATEST_REVIEW_DAYS, position.size),
    )
    surgery = draw_surgery(paper, position.size, rng)["surgery_date"]
    frame = pl.DataFrame({"surgery_date": surgery, "position": position + 1, "days": days})
    frame = frame.sort("surgery_date")
    first = paper.patients + 1
    return frame.select(
        patient_id=pl.format("HCC_{}", pl.int_range(first, first + pl.len())),
        reason=pl.col("position").replace_strict(dict(enumerate(reasons, start=1))),
        position="position",
        surgery_date="surgery_date",
        date=pl.col("surgery_date") + pl.duration(days="days"),
    )

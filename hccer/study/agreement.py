"""reader_agreement, delineation_agreement: do readers see the same, and draw the same?"""

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk

from hccer.agreement.kappa import cohen_kappa, kappa_band
from hccer.agreement.overlap import dice, hausdorff_mm, relative_volume_difference
from hccer.imaging.nodules import largest
from hccer.imaging.quality import tumour
from hccer.ingest.volumes import UnusableError, read_volume
from hccer.parallel import CRASHED, map_tasks
from hccer.study.context import OWN_DELINEATION, StudyContext
from hccer.study.rows import make_table
from schemas.errors import HccerError
from schemas.tables import DELINEATION_AGREEMENT, READER_AGREEMENT
from storage.blobs import Blobs
from storage.lineage import Outcome

READER_VERSION = "reader-agreement-1"
DELINEATION_VERSION = "delineation-agreement-2"
_OF_THE_STUDY = (
    "semi join (from lake.split where study_id = $study and repeat = 0) "
    "using (cohort_id, patient_id) "
)
READ_TWICE = (
    "select item, a.reader_id as reader_a, b.reader_id as reader_b, a.value as first, "
    "b.value as second from lake.reading a join lake.reading b "
    f"using (cohort_id, patient_id, item) {_OF_THE_STUDY}"
    "where a.reader_id < b.reader_id and 'consensus' not in (a.reader_id, b.reader_id) "
    "and cohort_id in $development order by all"
)
DRAWN_TWICE = (
    "select cohort_id, patient_id, phase, s.reader_id, s.session_id, "
    "if(s.origin = 'perturbed' or s.reader_id = r.reader_id, 'intra', 'inter') as comparison, "
    "s.origin, s.mask_sha256, s.label, "
    "r.mask_sha256 as reference_sha256, r.label as reference_label "
    f"from (from lake.segmentation where {OWN_DELINEATION}) s "
    "join lake.segmentation r using (cohort_id, patient_id, phase) "
    f"{_OF_THE_STUDY} where r.is_reference and not s.is_reference and phase in $phases "
    "order by all"
)


def make_reader_agreement(context: StudyContext) -> Outcome:
    """Kappa of every item and pair of readers, over everyone of the development cohorts."""
    settings = context.preset.evaluation
    return make_table(
        context,
        READER_AGREEMENT,
        READER_VERSION,
        settings,
        lambda: _kappas(context, settings.level),
    )


def _kappas(context: StudyContext, level: float) -> list[dict]:
    both = context.rows(READ_TWICE, development=context.file.development)
    rows = []
    for names, pairs in both.group_by("item", "reader_a", "reader_b", maintain_order=True):
        found = cohen_kappa(pairs["first"].to_list(), pairs["second"].to_list(), level=level)
        named = dict(zip(("item", "reader_a", "reader_b"), names, strict=True))
        rows.append({**named, **asdict(found), "band": kappa_band(found.kappa)})
    return rows


@dataclass(frozen=True)
class Pair:
    """A delineation and the reference of the same tumour."""

    row: dict
    nodules: Literal["largest", "all"]
    blobs: Blobs


def make_delineation_agreement(context: StudyContext) -> Outcome:
    """Overlap, surface distance and volume of every delineation against its reference."""
    return make_table(
        context, DELINEATION_AGREEMENT, DELINEATION_VERSION, None, lambda: _differences(context)
    )


def _differences(context: StudyContext) -> list[dict]:
    drawn = context.rows(DRAWN_TWICE, phases=context.file.phases)
    nodules, blobs = context.preset.radiomics.nodules, context.store.blobs
    pairs = [Pair(row, nodules, blobs) for row in drawn.iter_rows(named=True)]
    rows = []
    for pair, found in map_tasks(_difference, pairs, f"delineations of {context.study_id}"):
        if not isinstance(found, dict):
            who = f"{pair.row['patient_id']} of {pair.row['cohort_id']}, {pair.row['phase']}"
            raise context.fail(f"two delineations of {who} are not compared: {found or CRASHED}")
        rows.append(pair.row | found)
    return rows


def _difference(pair: Pair) -> dict | str:
    """The measures; or why there are none."""
    row = pair.row
    try:
        drawn, _ = _nodule(pair, row["mask_sha256"], row["label"])
        reference, spacing_mm = _nodule(pair, row["reference_sha256"], row["reference_label"])
        return {
            "dice": dice(drawn, reference),
            "hd95_mm": hausdorff_mm(drawn, reference, spacing_mm),
            "volume_difference": relative_volume_difference(drawn, reference),
        }
    except (UnusableError, HccerError) as error:
        return str(error)


def _nodule(pair: Pair, sha256: str, label: int) -> tuple[np.ndarray, tuple[float, ...]]:
    """Mask (z, y, x) of what the features are computed on, and its spacing in that order."""
    mask = read_volume(pair.blobs.path(sha256))
    voxels = tumour(sitk.GetArrayViewFromImage(mask), label)
    return largest(voxels) if pair.nodules == "largest" else voxels, mask.GetSpacing()[::-1]

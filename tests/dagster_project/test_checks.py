"""Each check finds the fault that it is there for, in the cohort that has it."""

import dagster as dg
import pytest

from dagster_project.checks import check_results
from schemas.tables import TABLES
from storage.identity import Identity
from storage.store import Store

FAULTS = {
    "primary_key": ("image", "insert into lake.image from lake.image limit 1", 1),
    "not_null": ("extraction", "alter table lake.extraction alter engine drop not null;"
                 "update lake.extraction set engine = null where phase = 'AP'", 6),
    "feature_contract": ("extraction", "delete from lake.extraction_value where "
                         "feature_name = 'original_shape_MeshVolume'", 12),
    "bins_per_roi": ("extraction", "update lake.extraction set bin_count = 3 "
                     "where phase = 'AP'", 6),
    "geometry": ("segmentation", "update lake.segmentation set volume_ml = 2 * volume_ml "
                 "where reader_id = 'reader_2'", 4),
    "one_reference": ("segmentation", "update lake.segmentation set is_reference = true "
                      "where reader_id = 'reader_2'", 4),
    "several_nodules": ("segmentation", "update lake.segmentation set component_count = 2 "
                        "where reader_id = 'reader_2'", 4),
    "voxels_twice": ("image", "update lake.image set voxel_sha256 = 'same' where phase = 'AP'", 4),
    "phase_order": ("image_quality", "update lake.image_quality set position = "
                    "if(phase = 'AP', 1, 2), vessel_to_organ = if(phase = 'AP', 1.5, 2)", 4),
    "flipped_mask": ("image_quality", "update lake.image_quality set overlap = 0.4, "
                     "overlap_flipped = 0.9 where phase = 'AP'", 4),
    "mask_at_border": ("image_quality", "update lake.image_quality set coverage = 0.99 "
                       "where phase = 'PVP'", 4),
    "finite_values": ("feature_value", "update lake.extraction_value set value = 'nan' "
                      "where feature_name = 'original_shape_MeshVolume'", 12),
    "orphan_values": ("feature_value", "delete from lake.extraction where phase = 'AP'", 6),
    "accounted": ("rejected", "delete from lake.image where phase = 'AP'", 4),
}  # fmt: skip


def plant(store: Store) -> None:
    """A name in a reason of another cohort, in a row that was deleted since."""
    identity = Identity(store.home)
    identity.remember("other", "patient_name", [("Meyerhold^Annegret", "P1")])
    store.session.execute(
        "insert into lake.rejected (cohort_id, patient_id, asset, reason, run_id) "
        "values ('phantom', 'P1', 'image', 'of Annegret Meyerhold', 'r')"
    )
    store.session.execute("delete from lake.rejected")


def results(store: Store, asset: str) -> dict[str, dg.AssetCheckResult]:
    found = check_results(store, TABLES[asset], "phantom")
    return {each.check_name: each for each in found}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(phantom_store: Store, name: str):
    asset, fault, count = FAULTS[name]
    before = results(phantom_store, asset)
    assert all(each.passed for each in before.values())
    phantom_store.session.execute(fault)
    found = results(phantom_store, asset)[name]
    assert not found.passed
    assert found.metadata["offending_rows"].value == count
    assert "example" not in found.metadata, "a row would name a patient in Dagster's records"


def test_a_name_in_an_old_snapshot_is_found_and_not_repeated(phantom_store: Store):
    plant(phantom_store)
    found = results(phantom_store, "rejected")["no_identity"]
    assert not found.passed
    assert "rejected.reason" in found.metadata["places"].value.split(", ")
    assert "Meyerhold" not in str(found)


def test_a_fault_of_one_cohort_is_not_held_against_another(phantom_store: Store):
    phantom_store.session.execute(FAULTS["bins_per_roi"][1])
    assert all(each.passed for each in check_results(phantom_store, TABLES["extraction"], "other"))

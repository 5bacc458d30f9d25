import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score

from hccer.synthetic.clinical import MR_FEATURES, built_in_patients, small
from hccer.synthetic.exclusions import built_in_exclusions
from hccer.synthetic.readings import built_in_readings

SEEDS = (0, 1, 17)


def kappas(readings: pl.DataFrame) -> dict[str, float]:
    wide = readings.pivot("reader_id", index=["patient_id", "item"], values="value")
    return {
        item: cohen_kappa_score(frame["radiologist_1"], frame["radiologist_2"])
        for (item,), frame in wide.group_by("item")
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("signal", [0.0, 1.0])
def test_kappa_has_the_printed_range(seed: int, signal: float):
    found = kappas(built_in_readings(built_in_patients(seed, signal), seed))
    assert set(found) == {*MR_FEATURES, "diameter_above_5cm"}
    assert min(found.values()) >= 0.834
    assert f"{min(found.values()):.3f} to {max(found.values()):.3f}" == "0.834 to 1.000"


def test_consensus_is_what_the_patients_have_and_one_reader_shares_it():
    frame = built_in_patients()
    readings = built_in_readings(frame)
    assert readings.height == 165 * 3 * 8
    wide = readings.pivot("reader_id", index=["patient_id", "item"], values="value")
    shared = pl.col("consensus").is_in(pl.concat_list("radiologist_1", "radiologist_2"))
    assert wide.select(shared.all()).item()
    consensus = wide.pivot("item", index="patient_id", values="consensus").sort("patient_id")
    for item in MR_FEATURES:
        assert consensus[item].equals(frame[item], check_names=False), item
    above = consensus["diameter_above_5cm"] == "yes"
    assert above.to_list() == (frame["diameter_cm"] > 5).to_list()
    assert readings.equals(built_in_readings(frame))
    assert not readings.equals(built_in_readings(frame, 1))


def test_readings_of_few_patients_disagree_in_proportion():
    found = kappas(built_in_readings(small(built_in_patients())))
    assert 0.6 < min(found.values()) < max(found.values()) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_exclusions_are_those_of_the_flow_chart(seed: int):
    frame = built_in_exclusions(seed)
    assert list(frame.group_by("position", "reason").len().sort("position").iter_rows()) == [
        (1, "unavailable or incomplete clinical or imaging data", 5),
        (2, "small HCC lesions less than 10 mm in diameter", 3),
        (3, "poor image quality or severe motion artifacts", 4),
        (4, "loss to follow-up within 2 years after resection", 113),
    ]
    ids = pl.concat([frame["patient_id"], built_in_patients(seed)["patient_id"]])
    assert ids.n_unique() == 290
    assert (frame["date"] > frame["surgery_date"]).all()
    assert (frame["date"] < frame["surgery_date"].dt.offset_by("24mo")).all()
    assert frame.equals(built_in_exclusions(seed))

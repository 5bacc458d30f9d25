"""Synthetic liver MR: geometry, what each feature does to the image, and repeated delineations."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import binary_dilation, label

from hccer.imaging.fields import smooth_field
from hccer.imaging.perturbation import evenly_chosen
from hccer.imaging.quality import image_fault, mask_fault
from hccer.radiomics.reference import extract
from hccer.synthetic import anatomy
from hccer.synthetic.contours import largest_diameter_mm, main_part, redrawn
from hccer.synthetic.fields import Grid
from hccer.synthetic.generator import Generator, load_generator
from hccer.synthetic.lesion import traits
from hccer.synthetic.scanner import rigid_shift
from hccer.synthetic.subject import Part, Subject
from hccer.synthetic.volumes import Volume, patient_grid, repeats, scene, volumes

PLAIN = Subject(number=3, seed=5, diameter_cm=4.2, aggressiveness=0.3, field_strength_t=1.5)
SMALL = Subject(8, 5, 1.3, -1.0, 3.0, necrosis=True, encapsulation=True)
LARGE = Subject(9, 5, 12.0, 1.5, 3.0, non_smooth_margin=True, radiological_cirrhosis=True)
FULL = Subject(10, 5, 6.0, 0.8, 1.5, True, True, True, True, True, True, True)
SUBJECTS = pytest.mark.parametrize(
    "subject", [PLAIN, SMALL, LARGE, FULL], ids=["plain", "small", "large", "full"]
)


@cache
def made(subject: Subject) -> list[Volume]:
    return volumes(subject)


@cache
def drawn(subject: Subject) -> tuple[np.ndarray, Grid, np.ndarray]:
    """Noise-free signal of the phases, the grid, and the tumour's true extent."""
    settings = load_generator()
    grid = patient_grid(subject, settings)
    signal, shape = scene(subject, grid, settings)
    tumour = np.zeros(signal.shape[1:], dtype=bool)
    tumour[shape.box] = shape.distance_mm < 0
    return signal, grid, tumour


def truth(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Inside of the body and of the liver without its tumour, booleans (z, y, x)."""
    settings = load_generator()
    grid, rng = patient_grid(subject, settings), subject.rng(Part.ANATOMY)
    body = anatomy.trunk(rng, grid, settings.body)
    liver = anatomy.liver_surface(rng, body, settings.liver, subject.radiological_cirrhosis) < -2
    near = binary_dilation(array(made(subject)[0].mask) > 0, iterations=6)
    return np.broadcast_to(body.skin_mm < 0, liver.shape), liver & ~near


def array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def dice(first: sitk.Image, second: sitk.Image) -> float:
    a, b = array(first) > 0, array(second) > 0
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@SUBJECTS
def test_three_phases_share_one_grid(subject: Subject):
    volumes = made(subject)
    assert [each.phase for each in volumes] == ["AP", "PVP", "DP"]
    for each in volumes:
        assert image_fault(each.image) is None
        assert mask_fault(each.mask, volumes[0].image, 1, 1e-3) is None
        assert all(n <= most for n, most in zip(each.image.GetSize(), (192, 192, 48), strict=True))


@SUBJECTS
def test_voxels_are_twelve_bit_integers(subject: Subject):
    for each in made(subject):
        assert each.image.GetPixelID() == sitk.sitkInt16
        assert each.mask.GetPixelID() == sitk.sitkUInt8
        voxels = array(each.image)
        assert voxels.min() >= 0 and 255 < voxels.max() <= 4095
        assert (voxels == 4095).mean() < 1e-4
        assert set(np.unique(array(each.mask))) == {0, 1}


@SUBJECTS
def test_the_mask_has_the_patients_diameter(subject: Subject):
    for each in made(subject):
        spacing = each.mask.GetSpacing()[0]
        found = largest_diameter_mm(main_part(array(each.mask) > 0), spacing)
        assert found == pytest.approx(10 * subject.diameter_cm, abs=spacing)


def test_the_diameter_is_that_of_pyradiomics():
    volume = made(PLAIN)[0]
    settings = {
        "setting": {"label": 1},
        "imageType": {"Original": {}},
        "featureClass": {"shape": ["Maximum2DDiameterSlice"]},
    }
    values = extract(volume.image, volume.mask, settings)
    spacing = volume.mask.GetSpacing()[0]
    ours = largest_diameter_mm(array(volume.mask) > 0, spacing)
    assert values["original_shape_Maximum2DDiameterSlice"] == pytest.approx(ours, abs=spacing / 2)


@SUBJECTS
def test_the_tumour_lies_in_the_body_and_clear_of_its_ends(subject: Subject):
    body, _ = truth(subject)
    for each in made(subject):
        tumour = array(each.mask) > 0
        assert body[tumour].all()
        assert not tumour[0].any() and not tumour[-1].any()


@SUBJECTS
def test_liver_surrounds_the_tumour(subject: Subject):
    quiet = replace(subject, peritumoral_enhancement=False, encapsulation=False)
    signal, _, tumour = drawn(quiet)
    liver = np.median(signal[1][truth(subject)[1]])
    rind = binary_dilation(tumour, iterations=2) & ~binary_dilation(tumour)
    assert np.median(signal[1][rind]) == pytest.approx(liver, rel=0.1)


@SUBJECTS
def test_vessels_fade_from_phase_to_phase(subject: Subject):
    body, liver = truth(subject)
    ratios = []
    for each in made(subject):
        voxels = array(each.image)
        ratios.append(np.percentile(voxels[body], 99.5) / np.median(voxels[liver]))
    assert ratios[0] > 1.3 * ratios[1]
    assert ratios[1] > 1.05 * ratios[2]


@SUBJECTS
def test_the_tumour_enhances_early_and_washes_out(subject: Subject):
    _, liver = truth(subject)
    quiet = replace(subject, necrosis=False, hemorrhage=False)
    signal, _, tumour = drawn(quiet)
    relative = [np.median(phase[tumour]) / np.median(phase[liver]) for phase in signal]
    assert relative[0] > 1.02
    assert relative[2] < relative[1] < 1


def test_same_seed_and_number_same_voxels():
    made(PLAIN), made(LARGE)
    for once, again in zip(made(PLAIN), volumes(replace(PLAIN)), strict=True):
        assert np.array_equal(array(once.image), array(again.image))
        assert np.array_equal(array(once.mask), array(again.mask))
        assert once.image.GetOrigin() == again.image.GetOrigin()
        assert once.shift.GetParameters() == again.shift.GetParameters()


@pytest.mark.parametrize("changed", [{"number": 4}, {"seed": 6}], ids=["number", "seed"])
def test_another_number_or_seed_is_another_patient(changed: dict):
    other = volumes(replace(PLAIN, **changed))[0]
    assert not np.array_equal(array(other.mask), array(made(PLAIN)[0].mask))


def test_resampling_by_the_shift_brings_a_phase_back():
    volume = made(PLAIN)[2]
    still = sitk.GetImageFromArray(drawn(PLAIN)[0][2])
    still.CopyInformation(volume.image)
    moving = sitk.Cast(volume.image, sitk.sitkFloat32)
    back = sitk.Resample(moving, still, volume.shift, sitk.sitkLinear, 0.0)
    inner = (slice(3, -3), slice(8, -8), slice(8, -8))
    likeness = [
        np.corrcoef(array(still)[inner].ravel(), array(each)[inner].ravel())[0, 1]
        for each in (moving, back)
    ]
    assert likeness[1] > max(likeness[0], 0.97)


def test_shifts_are_small_and_ap_lies_still():
    settings = load_generator().motion
    assert made(PLAIN)[0].shift.GetParameters() == (0, 0, 0, 0, 0, 0)
    shifts = [rigid_shift(np.random.default_rng(n), (0, 0, 0), settings) for n in range(30)]
    distances = np.array([np.linalg.norm(each.GetTranslation()) for each in shifts])
    assert 0.5 < distances.mean() < distances.max() < 4.0
    assert max(abs(each.GetAngleZ()) for each in shifts) < np.deg2rad(1.6)


def test_necrosis_is_dark_in_every_phase():
    dead, whole = (drawn(replace(PLAIN, necrosis=each)) for each in (True, False))
    for phase in range(3):
        fell = dead[0][phase] < 0.6 * whole[0][phase]
        assert 0.02 < (fell & dead[2]).sum() / dead[2].sum() < 0.4
        assert not (fell & ~dead[2]).any()


def test_hemorrhage_is_bright_before_and_after():
    blood, whole = (drawn(replace(PLAIN, hemorrhage=each)) for each in (True, False))
    rose = (blood[0] > 1.05 * whole[0]).all(axis=0)
    assert 0.005 < (rose & blood[2]).sum() / blood[2].sum() < 0.2


def test_a_capsule_is_a_late_bright_shell():
    shell, bare = (drawn(replace(PLAIN, encapsulation=each)) for each in (True, False))
    edge = binary_dilation(shell[2]) & ~shell[2]
    change = [np.mean((shell[0] - bare[0])[phase][edge]) for phase in range(3)]
    assert change[0] < 0 < change[1] < change[2]


def test_peritumoral_enhancement_is_outside_and_arterial():
    patch, bare = (drawn(replace(PLAIN, peritumoral_enhancement=each)) for each in (True, False))
    change = patch[0] - bare[0]
    assert np.abs(change[1:]).max() == 0
    outside = change[0] * ~binary_dilation(patch[2])
    assert (outside > 20).sum() > 50
    assert change[0][patch[2]].mean() < 0.2 * outside.max()


@pytest.mark.parametrize(("number", "parts"), [(8, 2), (5, 1), (0, 1)])
def test_a_satellite_is_a_part_of_its_own_where_it_is_drawn(number: int, parts: int):
    subject = replace(PLAIN, number=number, diameter_cm=2.5, multifocal=True)
    for each in volumes(subject):
        assert label(array(each.mask))[1] == parts


def test_a_satellite_shows_in_the_image():
    subject = replace(PLAIN, number=5, diameter_cm=2.5)
    (alone, _, tumour), (several, _, _) = (
        drawn(replace(subject, multifocal=each)) for each in (False, True)
    )
    changed = np.abs(several - alone).max(axis=0) > 10
    assert changed.sum() > 20
    assert not (changed & tumour).any()


def test_scanners_differ_in_noise():
    noise = {}
    for strength in (1.5, 3.0):
        volume = made(replace(PLAIN, field_strength_t=strength))[1]
        voxels, (_, liver) = array(volume.image).astype(float), truth(PLAIN)
        rows = np.diff(voxels, axis=1)[liver[:, 1:]]
        noise[strength] = rows.std() / np.median(voxels[liver])
    assert noise[1.5] > 1.15 * noise[3.0]


def test_noise_in_air_is_rician():
    volume = made(PLAIN)[0]
    body, _ = truth(PLAIN)
    air = array(volume.image)[~binary_dilation(body, iterations=5)].astype(float)
    # Rayleigh: mean over sd is 1.91 at no signal, and above it at little signal
    assert 1.85 < air.mean() / air.std() < 2.3


def test_aggressive_tumours_are_more_heterogeneous_on_average_and_overlap():
    spread = {-0.8: [], 0.8: []}
    for number in range(8):
        for aggressiveness, found in spread.items():
            subject = replace(PLAIN, number=number, aggressiveness=aggressiveness)
            signal, _, tumour = drawn(subject)
            found.append(signal[2][tumour].std() / signal[2][tumour].mean())
    assert np.mean(spread[0.8]) > 1.1 * np.mean(spread[-0.8])
    assert max(spread[-0.8]) > min(spread[0.8])


def test_traits_are_partly_the_patients_own():
    loading = load_generator().traits.loading
    latent = np.random.default_rng(0).standard_normal(4000)
    looks = [traits(np.random.default_rng([1, i]), a, loading) for i, a in enumerate(latent)]
    for name, share in loading.model_dump().items():
        values = [getattr(look, name) for look in looks]
        assert np.corrcoef(latent, values)[0, 1] == pytest.approx(share, abs=0.05)
        assert np.std(values) == pytest.approx(1, abs=0.05)


@SUBJECTS
def test_the_same_reader_repeats_better_than_another(subject: Subject):
    mask = made(subject)[1].mask
    likeness = {
        reader: np.mean(
            [dice(mask, redrawn(mask, np.random.default_rng(i), reader)) for i in range(6)]
        )
        for reader in ("reader_1", "reader_2")
    }
    assert 0.93 < likeness["reader_1"] < 0.99
    assert 0.86 < likeness["reader_2"] < likeness["reader_1"] - 0.01


def test_redrawing_keeps_the_grid_and_repeats_by_seed():
    mask = made(FULL)[0].mask
    first, again = (redrawn(mask, np.random.default_rng(1), "reader_2") for _ in range(2))
    assert mask_fault(first, mask, 1, 1e-6) is None
    assert first.GetPixelID() == sitk.sitkUInt8
    assert np.array_equal(array(first), array(again))


def test_repeats_are_a_second_session_and_a_second_reader():
    volume = made(FULL)[2]
    masks = repeats(FULL, volume)
    assert list(masks) == [("reader_1", 2), ("reader_2", 1)]
    likeness = [dice(volume.mask, each) for each in masks.values()]
    assert 1 > likeness[0] > likeness[1] > 0.85


def test_repeats_are_spread_over_the_sizes():
    sizes = np.random.default_rng(0).permutation(np.linspace(1.5, 10, 165))
    chosen = evenly_chosen(sizes, 30)
    assert len(set(chosen)) == 30
    assert chosen == evenly_chosen(sizes, 30)
    gaps = np.diff(np.sort(sizes[chosen]))
    assert gaps.max() < 2 * gaps.min()
    assert evenly_chosen([3.0, 1.0], 30) == [0, 1]


def test_fields_have_the_variance_and_correlation_they_state():
    grid = Grid((60, 60, 30), (2.0, 2.0, 4.0), (0.0, 0.0, 0.0))
    field = smooth_field(np.random.default_rng(0), grid.axes(), 6.0)
    assert field.std() == pytest.approx(1, abs=0.1)
    shifted = np.corrcoef(field[:, :, 3:].ravel(), field[:, :, :-3].ravel())[0, 1]
    assert shifted == pytest.approx(np.exp(-0.5), abs=0.05)


def test_settings_name_tissues_that_have_signals():
    settings = load_generator().model_dump()
    settings["signals"].pop("spleen")
    with pytest.raises(ValueError, match="organs: no signals for spleen"):
        Generator.model_validate(settings)

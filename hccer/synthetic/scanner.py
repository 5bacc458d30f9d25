"""The acquisition: breath-holds, coil, point spread, noise, twelve bits."""

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from hccer.imaging.fields import smooth_field
from hccer.synthetic.fields import Grid
from hccer.synthetic.generator import FieldStrength, MotionSettings, ScannerSettings


def rigid_shift(
    rng: np.random.Generator, centre_mm: tuple[float, ...], settings: MotionSettings
) -> sitk.Euler3DTransform:
    """Where the points of AP lie in another breath-hold: a small rigid shift.

    Args:
        centre_mm: centre of the rotation, which is in plane.

    Returns:
        Transform of AP's points (mm) to the phase's points.
    """
    largest = settings.largest_translation_mm
    translation = rng.standard_normal(3) * settings.translation_sd_mm
    degrees = settings.rotation_sd_deg * rng.standard_normal()
    limit = settings.largest_rotation_deg
    shift = sitk.Euler3DTransform()
    shift.SetCenter(centre_mm)
    shift.SetTranslation(np.clip(translation, -largest, largest).tolist())
    shift.SetRotation(0, 0, float(np.deg2rad(np.clip(degrees, -limit, limit))))
    return shift


def moved(voxels: np.ndarray, grid: Grid, shift: sitk.Euler3DTransform) -> np.ndarray:
    """Voxels of AP as they lie after the shift, linear, the border continued; shape (z, y, x)."""
    image = grid.image(voxels)
    back = shift.GetInverse()
    interpolated = sitk.Resample(image, image, back, sitk.sitkLinear, 0.0, image.GetPixelID(), True)
    return sitk.GetArrayFromImage(interpolated)


def sensitivity(
    rng: np.random.Generator, grid: Grid, strength: FieldStrength, settings: ScannerSettings
) -> np.ndarray:
    """Slow inhomogeneity of coil and transmit field, the same for all phases; mean about 1."""
    return np.exp(strength.bias * smooth_field(rng, grid.axes(), settings.bias_length_mm))


def acquired(
    rng: np.random.Generator,
    signal: np.ndarray,
    gain: float,
    strength: FieldStrength,
    settings: ScannerSettings,
) -> np.ndarray:
    """Magnitude image of a signal.

    Args:
        signal: noise-free (z, y, x), coil sensitivity included.
        gain: stored value per unit of signal.
        strength: noise of the scanner.

    Returns:
        int16, 0 to `settings.largest`.

    Source: Gudbjartsson & Patz, Magn Reson Med 1995;34:910 (Rician noise).
    """
    blurred = gaussian_filter(signal, (0, settings.blur_voxels, settings.blur_voxels), truncate=3)
    real, imaginary = rng.standard_normal((2, *signal.shape), dtype=np.float32) * strength.noise
    real += blurred
    drift = np.exp(settings.phase_gain_sd * rng.standard_normal())
    stored = np.rint(np.hypot(real, imaginary) * np.float32(gain * drift))
    return np.clip(stored, 0, settings.largest).astype(np.int16)

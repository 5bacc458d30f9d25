"""The packages that decide what networks compute."""

from importlib.metadata import version

PACKAGES = ("torch", "monai")


def versions() -> dict[str, str]:
    """Their versions here, by name."""
    return {name: version(name) for name in PACKAGES}

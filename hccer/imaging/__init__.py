"""Volumes and masks: NIfTI content, geometry, and what makes them unusable."""

"""Healthy cohorts, and the many ways in which their files are damaged."""

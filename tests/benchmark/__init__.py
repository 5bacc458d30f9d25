"""Measured speed; run by `make benchmark`, never asserted in a test."""

"""Classifiers: fitted, tuned, and kept as text that scores without the library that fitted it."""

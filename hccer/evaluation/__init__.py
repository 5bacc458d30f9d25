"""How good a prediction is: discrimination, calibration, clinical utility, and comparisons."""

"""How well readers agree: measurements (ICC), judgements (kappa) and delineations (overlap)."""

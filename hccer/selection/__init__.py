"""Features that differ between outcomes: group tests, LASSO, and how stable the choice is."""

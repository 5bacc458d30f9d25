"""Generated data; every cohort made here is marked synthetic and shown as such."""

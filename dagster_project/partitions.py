"""The two partition sets. What they contain is registered by `hccer cohort|study add`."""

import dagster as dg

COHORT = dg.DynamicPartitionsDefinition(name="cohort")
STUDY = dg.DynamicPartitionsDefinition(name="study")
PARTITIONS = {"cohort": COHORT, "study": STUDY}

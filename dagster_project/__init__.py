"""When things are made: assets, partitions, checks, jobs and resources of Dagster. Thin."""

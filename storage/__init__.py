"""Where rows and files live: the lake, the registry, blobs, row-level memory, lineage."""

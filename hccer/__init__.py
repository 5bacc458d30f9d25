"""What it means: imaging, radiomics, clinical data; ingest and pipeline around them; the command."""

"""What it means: imaging, radiomics, clinical data; ingest, pipeline and the command around."""

"""What the pipeline is worth: the whole chain on patients it has not seen, and on noise."""

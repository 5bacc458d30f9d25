"""From the files of a cohort to frames and images: the only part of `hccer` that walks folders."""

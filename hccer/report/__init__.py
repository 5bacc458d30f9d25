"""Pages that people look at: self-contained HTML from frames and arrays."""

"""What exists: tables, columns, row models, configuration. No logic, no I/O beyond package data."""

"""Clinical rows and endpoints: validated, typed, with a reason for whatever is refused."""

"""Networks that read crops: trained, scored, explained; all but `samples` imports torch."""

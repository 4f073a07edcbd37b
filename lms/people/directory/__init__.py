"""Directory: who is there, with roles, ties, places and dates; created and changed by hand."""

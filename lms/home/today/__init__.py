"""Today: each role's own morning, put together from what the parts below know."""

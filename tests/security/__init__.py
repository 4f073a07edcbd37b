"""Hostile input, wrong roles, lost replies and bad days, over everything that exists."""

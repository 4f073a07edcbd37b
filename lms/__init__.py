"""Belay: training for teams of expert sellers and service people.

The house: `core` at the bottom, then one package for each part of the product, in the layers
that `pyproject.toml` declares and `dev.py check` enforces. `app.py` knows all of them.
"""

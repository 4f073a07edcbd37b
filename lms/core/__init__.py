"""What every part stands on: database, clock, configuration, errors, permissions, outbox, pages.

Core knows no person, course or loan by name; parts above fill its registries through `app.py`.
"""

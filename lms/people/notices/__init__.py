"""Notices: one sentence for each event, read in the app, mailed once a day or at once if urgent.

Knows kinds only by name: each part brings the sentences of its own kinds.
"""

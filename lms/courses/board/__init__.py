"""The intake board: people by weeks, and who is stuck.

Words: a *row* is one person on one track at this moment; its *pace* says in one word how they
are doing against their own dates. Numbers come from `courses.standing`, as on every screen.
"""

"""The catalogue: which tracks there are, in which versions and languages, and who walks them.

Words: a translation is *stale* when it was written against an older version of what it
translates; a *change* is a step added, removed, reworded or moved between two versions.
"""

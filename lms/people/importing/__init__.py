"""Importing: many people at once from a table, planned first, repeatable, removing nobody.

Words: a *sheet* is a table read as people's lines, without the database; a *plan* says for each
line what would happen against those who are *known*; a *batch* is one applied plan.
"""

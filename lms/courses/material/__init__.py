"""Course material: folders of Markdown ↔ frozen dataclasses ↔ immutable versions.

`reading` needs no database: it parses and checks. `planning` compares with what the database
has, `importing` writes new versions, `exporting` writes the same bytes back. The format is
described in docs/formats/courses.md. Knows nothing of people, dates or progress.
"""

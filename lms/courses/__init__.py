"""Courses: tracks and modules, their steps and immutable versions, who is on them and how far.

Words: a *course* is a track (weeks, days) or a module; a *step* is one thing to do in it; both
keep their identity while *versions* change. An *assignment* puts a person on one version.
What a person does is a *step event*; progress and due dates are derived from events, never
stored. Knows nothing of quizzes, observations or mentors: they register step kinds and call
`operations.complete_step`.
"""

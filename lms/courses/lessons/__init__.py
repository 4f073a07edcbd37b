"""Lessons: what a trainee sees of a track and does with its steps; others see the same numbers.

Words: the *track page* shows the weeks, a *step page* one lesson, task or session, *why not
done* names every required step that still counts as open. Decides nothing: states, dates and
progress come from `courses.standing`, acts from `courses.operations`.
"""

"""Dates: why somebody's differ, when sessions take place, and who was there.

Words: an *exception* shifts, pauses, unlocks, waives or sets dates, always with a reason; a
*target* is whose dates a page is about, an intake or one person; a *move* is one step's date
before and after. What dates follow from is in `courses.schedule`.
"""

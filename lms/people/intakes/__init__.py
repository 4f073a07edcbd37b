"""Intakes: people who start together, their start, and whether each has found the way in.

Words: an intake is *upcoming*, *running* or *past*; a member is *not invited*, *invited*,
*expired* or *in*. Everything else about their weeks is relative to the start and is derived
elsewhere. Never knows a track: parts above add their panels to an intake's page.
"""

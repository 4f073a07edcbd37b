"""Feedback: was it easy to learn, by lesson.

Words: an *answer* is one person's score of one version of a step. Fewer than three answers are
not shown as a number, since they would speak of persons and not of the lesson. Comments are
read without names; the intake stands beside one only when three of that intake answered.
"""

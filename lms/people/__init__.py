"""People: who they are, what they may, where and when they work, and how they sign in.

Words: a *person* holds *roles*; an *intake* is a group that starts together; a *site* is a
place with its own zone, week and holidays; a *coaching* or *reporting* tie is dated.
Never knows what anybody learns: courses stand above and point down here.
"""

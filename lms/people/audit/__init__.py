"""Audit: reading the trail of who did what to whom, when and why. It only reads.

Words: an *entry* has an *actor* (a person, or Belay itself for commands and jobs), a *verb* (the
operation's name) and a *subject* (a row of a table, by id). Other parts bring the words of their
verbs (`verbs`) and the names of their subjects (`subjects`).
"""

"""Company: its name and logo, sites with their weeks, holidays, labels for people, mail's health.

Every change here raises `Company.version`, so that each process forgets the calendars it kept.
Never knows what is due on any day: dates are derived from these calendars elsewhere.
"""

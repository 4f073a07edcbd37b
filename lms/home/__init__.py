"""Home: the pages that gather from all parts: Today, search, the calendar feed, health."""

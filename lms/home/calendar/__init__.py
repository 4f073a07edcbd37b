"""A person's sessions and due dates: an agenda in the app and a feed for calendars."""

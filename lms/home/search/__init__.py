"""Search over what a person may see: their track, people, intakes, courses, pages."""

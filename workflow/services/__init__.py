"""The deeds of the circulation, by subject: assignment, supplements, decisions, clocks, closing."""

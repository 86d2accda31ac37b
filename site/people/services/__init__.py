"""The deeds of people: units, users, memberships, substitutions, citizens. Nothing else writes these tables."""

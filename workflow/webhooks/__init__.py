"""Webhooks: a unit's own system is told, by a signed message, of each deed it asked for."""

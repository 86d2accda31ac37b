"""The inbox of the desk: what is filtered, kept under a name, and done to many rows at once."""

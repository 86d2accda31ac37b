"""How many rows the lists are measured with."""

SIZES = (100, 1_000, 10_000, 100_000)

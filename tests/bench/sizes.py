"""How many rows the lists are measured with."""

SIZES = (100, 1_000, 10_000, 100_000)

#: Journal entries of the desk's town: the small one that a larger one is compared with, and the names of the sizes.
SMALL = 10_000
NAMED = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}

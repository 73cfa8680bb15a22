"""Counts and ratios, not milliseconds: what they print is the same on every machine. `make bench` runs them all."""

"""Doors from AWS: one function per file."""

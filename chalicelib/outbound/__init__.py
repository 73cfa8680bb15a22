"""Announce and ask: what goes out to services of others."""

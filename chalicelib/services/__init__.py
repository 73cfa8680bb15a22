"""Use cases: load, decide, save. No AWS and no framework here."""

"""Leadger: the code that runs in the cloud."""

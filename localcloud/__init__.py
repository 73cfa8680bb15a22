"""The embedded local cloud: Leadger as it is deployed, on this machine. Development only, never packaged."""

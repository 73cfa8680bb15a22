"""What Leadger needs around its functions, and how it is packaged."""

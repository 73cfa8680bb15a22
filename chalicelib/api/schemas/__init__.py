"""What the document at `/openapi.json` says of each resource, one module a door of the same name.

Each module has `OPERATIONS`: operation → `Described`. Nothing here is imported before somebody asks for the document.
"""

"""Files in, a searchable corpus on disk out.  Imports nothing from the rooms above it."""

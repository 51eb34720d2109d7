"""A module a format: path → Raw.  Each raises LoadError for a file that is damaged, foreign or past a limit."""

"""Measures what `retrieval` answers against gold questions."""

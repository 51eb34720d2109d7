"""One indicator over many reports, or two figures of one, as a table."""

"""What reports write beside plain words: figures, dates, lists and sentences, read once and the same for every caller.

Each module reads a text by the table beside it (units.csv, bounds.csv, times.csv …) and gives offsets into that text;
nothing is rewritten, and nothing here knows of reports, indexes or questions.
"""

"""The sentences that answer, the short answer in them, and whether they answer at all."""

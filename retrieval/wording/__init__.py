"""A language model's wording of an answer: the service that writes it, and the check that it says no more than one quotation."""

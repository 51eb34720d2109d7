"""What a question asks, of which reports, in which words."""

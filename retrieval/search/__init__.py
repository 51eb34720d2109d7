"""The passages that speak of what a question asks, best first."""

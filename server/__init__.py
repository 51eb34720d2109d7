"""The intranet: who may see what, the HTTP API, and what keeps the service up."""

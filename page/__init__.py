"""What people see and what programs call: the web chat and the HTTP API over one typed `ask`."""

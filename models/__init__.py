"""The shipped encoder: its weights (``fast/``), its model card (``README.md``) and the script that trained it."""

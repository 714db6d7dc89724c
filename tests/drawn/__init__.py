"""Pages of the reference that are written from the code: `python -m tests.drawn` writes them, `make fix` does too."""

"""The whole database in one encrypted file, and back. See docs/adr/0035-one-sealed-file-and-a-held-dispatch.md."""

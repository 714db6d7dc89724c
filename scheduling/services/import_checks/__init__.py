"""An import as a whole, checked by a second person. See docs/adr/0032-an-import-is-checked-as-a-whole.md."""

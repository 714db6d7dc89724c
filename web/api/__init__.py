"""REST interface, version 1: for a hospital's own systems. Same rules, same projection as the pages."""

"""What reports read: a constant number of queries each, whatever the size of the clinic."""

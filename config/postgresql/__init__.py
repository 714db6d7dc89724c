"""Django's PostgreSQL back end, which tells each transaction whose rows it may see."""

"""A country's pumps in one database: a prototype that the product writes, and copies of it by COPY."""

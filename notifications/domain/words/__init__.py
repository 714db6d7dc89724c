"""What messages say: purposes, placeholders, the shipped words, how they are filled in, counted and checked."""

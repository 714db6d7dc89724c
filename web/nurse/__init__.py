"""The pages for the people of a clinic. One module a noun, each with its own addresses."""

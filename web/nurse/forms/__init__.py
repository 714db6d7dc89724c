"""The forms of the nurse pages, one module a noun. A form reads; the service it feeds decides."""

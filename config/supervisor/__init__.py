"""Runs the whole system in one terminal: servers, web, worker, beat; stops all of it with Ctrl-C."""

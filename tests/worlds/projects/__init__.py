"""One invented project a file."""

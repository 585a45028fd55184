"""What receives HTTP requests."""

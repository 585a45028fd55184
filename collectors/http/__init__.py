"""What receives HTTP requests, and what Prometheus reads of it."""

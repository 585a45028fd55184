"""Raw batches into tables and rejects."""

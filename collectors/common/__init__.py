"""What collectors share: keeping records, meters, a log line a packet."""

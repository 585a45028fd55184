"""What collectors share: keeping records until they are durable, a log line a packet."""

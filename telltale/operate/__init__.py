"""What keeps a project going: supervise, upkeep, retention, service, doctor."""

"""What must not lose a record, tried in earnest: `make torture`; the short form runs among the tests."""

"""Generated from proto/efento by `make proto`."""

"""Modules generated from `proto/` by `make proto`; committed, so that no compiler is needed to run."""

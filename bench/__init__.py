"""The figures of the README, measured as ratios within one run: `make bench`."""

"""The figures of docs/figures.md, measured as ratios within one run: `make bench`."""

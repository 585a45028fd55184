"""What the tables mean: pure functions from relations and parameters to relations.

No clock, no files, no settings: whoever calls knows the project, the period and the moment.
"""

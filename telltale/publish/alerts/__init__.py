"""Alerts on data: episodes of one relation, told once when they are known and once when they are over."""

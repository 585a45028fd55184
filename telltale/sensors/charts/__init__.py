"""Figures of this subject, as plotly draws them."""

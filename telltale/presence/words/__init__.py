"""Sentences and titles of this subject, by rule."""

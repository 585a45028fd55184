"""Forgetting a device, an address or a person, and telling what is kept of one.

`subject.py` says who is meant, `run.py` in which order it is done, `records.py` what is left of a raw record; the other
files are a place each. `about.py` writes all that is kept.
"""

from telltale.forget.run import Forgotten, finish_others, forget
from telltale.forget.subject import Subject, subject_of
from telltale.forget.task import Line

__all__ = ["Forgotten", "Line", "Subject", "finish_others", "forget", "subject_of"]

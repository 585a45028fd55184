"""Small invented projects: what their devices sent, what is true of it, and what the pages must and must not say.

sent.py       what a device sends, as plain values          oracle/          what is true of it, by plain Python
projects/     one invented project a file                   measures.py      the same figures as `tt` tells them
world.py      what such a file says                         claiming.py      the claims of pages, held against both
encoding.py   values as the bytes of a real request         implications.py  what no page says beside what
building.py   through the door into a lake                  faults.py        planted faults, each noticed by a project
reading.py    pages as plain text                           kernel/          the clock of the reports' kernels
"""

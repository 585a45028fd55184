"""`python -m telltale`: the command line, for processes that must not depend on PATH."""

from telltale.cli import main

main()

"""A passphrase, asked for without being shown, and never an argument: other users of a machine see those."""

import sys

import click

from telltale.contract import ConfigError


def passphrase(*, is_new: bool) -> str:
    """What is typed, twice where it is new; where nobody sits at a terminal, the first line that comes in.

    Raises:
        ConfigError: there is none.
    """
    if sys.stdin.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise ConfigError("--keys: no passphrase; type one, or let it be the first line of the input")
    return line

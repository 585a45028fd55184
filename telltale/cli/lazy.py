"""Commands that are imported when they are looked up: ours, and those a source brings along."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from telltale.cli.registered import registered


class LazyGroup(click.Group):
    """A group of commands by name, each with the module that holds it under the same name; `-` is `_` there.

    "" is the module of a command that a collector registers.
    """

    modules: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order of use."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; None when there is none, which click reports with the nearest names."""
        module = self.modules.get(cmd_name)
        if module is None:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(import_module(module), name) if module else registered("commands", cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - holds by the tables of commands
        return command


class VendorGroup(LazyGroup):
    """A group with the commands of the sources that begin with some words, beside its own.

    The sources are asked only for a name that is none of ours, or for the whole list.
    """

    def __init__(self, *args: Any, words: str = "", own: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules = dict(own or {})
        self._words = f"{words} " if words else ""
        self._is_whole = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in the order of use, then those of the sources."""
        self._complete()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours of that name, else a source's."""
        if cmd_name not in self.modules:
            self._complete()
        return super().get_command(ctx, cmd_name)

    def _complete(self) -> None:
        if self._is_whole:
            return
        from telltale.sources import SOURCES

        for source in SOURCES:
            for words, module in source.commands:
                name = words.removeprefix(self._words)
                if words.startswith(self._words) and " " not in name:
                    self.modules = {**self.modules, name: module}
        self._is_whole = True

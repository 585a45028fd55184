"""Commands that are imported when they are looked up: ours, and those a source brings along."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant.

        Raises:
            click.UsageError: there is none of that name; says which may be meant.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(f'no command "{name}"{self._meant(ctx, name)}')
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context, name: str) -> str:
        """The end of a sentence about a name that is no command: the one that is written alike, or stands elsewhere."""
        whole = ctx.command_path
        if near := get_close_matches(name, self.list_commands(ctx), n=1):
            return f'; did you mean "{whole} {near[0]}"?'
        elsewhere = (f"{path} {word}" for path, word in _below(ctx) if get_close_matches(name, [word], cutoff=0.8))
        found = next(elsewhere, None)
        return f'; did you mean "{found}"?' if found else ""


def _below(context: click.Context) -> Iterator[tuple[str, str]]:
    """The commands of the groups below one, each with the words before it."""
    group = context.command
    assert isinstance(group, click.Group)  # noqa: S101 - only groups resolve commands
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        if isinstance(inner, click.Group):
            path = f"{context.command_path} {name}"
            yield from ((path, command) for command in inner.list_commands(context))


class VendorGroup(LazyGroup):
    """A group with the commands of the sources that begin with some words, beside its own.

    The sources are asked only for a name that is none of ours, or for the whole list. With `groups` the help lists the
    commands below headings; what is in none stands below the last.
    """

    def __init__(
        self,
        *args: Any,
        words: str = "",
        own: Mapping[str, str] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups = dict(groups or {})
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands below their headings."""
        if not self.groups:
            super().format_commands(ctx, formatter)
            return
        for heading, names in self.grouped(ctx).items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl([(name, one.get_short_help_str(100)) for name, one in found if one is not None])

    def grouped(self, ctx: click.Context) -> dict[str, list[str]]:
        """The commands there are by heading."""
        known = self.list_commands(ctx)
        told = {heading: [name for name in names if name in known] for heading, names in self.groups.items()}
        rest = [name for name in known if not any(name in names for names in told.values())]
        told[[*told][-1]] += rest
        return {heading: names for heading, names in told.items() if names}

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

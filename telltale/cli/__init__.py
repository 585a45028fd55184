"""The command line: one file a group, each imported only when its command is asked for.

Conventions: tables for people, `--json` for programs; progress on anything over a second; an error is one sentence on
stderr and exit code 1; help ends with an example. A command parses, calls one function and prints.
"""

import os
import sys
from pathlib import Path

import click

from telltale import private
from telltale.cli import terminal
from telltale.cli.lazy import VendorGroup
from telltale.contract import TelltaleError
from telltale.extras import not_installed

COMMANDS = {
    "init": "init",
    "doctor": "doctor",
    "check": "check",
    "demo": "demo",
    "up": "up",
    "collect": "collect",
    "simulate": "simulate",
    "replay": "replay",
    "move-store": "move_store",
    "backup": "backup",
    "restore": "restore",
    "settle": "settle",
    "upkeep": "upkeep",
    "redecode": "redecode",
    "purge": "purge",
    "forget": "forget",
    "about": "about",
    "report": "report",
    "schedule": "schedule",
    "publish": "publish",
    "new": "new",
    "dashboard": "dashboard",
    "lab": "lab",
    "sources": "sources",
    "last": "last",
    "rejected": "rejected",
    "pending": "pending",
    "export": "export",
    "discover": "",
    "service": "service",
    "forward": "forward",
    "alerts": "alerts",
    "presence": "presence",
    "kanban": "kanban",
    "activity": "activity",
    "sensors": "sensors",
    "health": "health",
    "modem": "",
}
"""Each command and the module below `telltale.cli` that holds it under the same name; "" where it is registered by the
collector whose wire it opens. `Source.commands` are beside them."""

GROUPS = {
    "Set up": ("init", "doctor", "service", "demo", "move-store", "backup", "restore"),
    "Run": ("up", "collect", "dashboard", "lab", "forward", "alerts"),
    "Ask": ("last", "presence", "kanban", "activity", "sensors", "health"),
    "Report": ("report", "schedule", "publish", "new", "export"),
    "Records": (
        *("sources", "rejected", "settle", "upkeep", "redecode", "purge", "check", "forget", "about"),
        *("replay", "simulate"),
    ),
    "Devices": ("discover", "modem", "pending"),
}
"""The list of commands by what they are about; those that a source brings along stand with the devices."""

INTERRUPTED = 130
"""What a shell expects after Ctrl-C: 128 + SIGINT."""


@click.group(
    cls=VendorGroup,
    own={name: module and f"telltale.cli.{module}" for name, module in COMMANDS.items()},
    groups=GROUPS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: telltale init && telltale up",
)
@click.option(
    "--project",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The project's folder; by default TELLTALE_HOME, or the nearest telltale.toml upwards.",
)
@click.version_option(package_name="telltale", message="%(prog)s %(version)s")
def telltale(project: Path | None) -> None:
    """Keep every small signal as it arrived, and answer questions about them in Jupyter."""
    if project is not None:
        # The variable reaches every command and every process it starts.
        os.environ["TELLTALE_HOME"] = str(project.resolve())


def main() -> None:
    """Run the command line; the entry point of `telltale`."""
    private.owner_only()
    terminal.prepare()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code: 0, 1 after an error, 130 after Ctrl-C."""
    try:
        code = telltale.main(args=arguments, prog_name="telltale", standalone_mode=False)
    except (TelltaleError, click.ClickException, ModuleNotFoundError) as error:
        return (
            _unfinished(error) if isinstance(error, click.exceptions.NoArgsIsHelpError) else _failed(_sentence(error))
        )
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. What is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except UnicodeEncodeError:
        odd = [argument for argument in arguments if not _is_text(argument)]
        if not odd:
            raise
        return _failed(f'"{odd[0]}": its bytes are no text in the encoding of this terminal; expected UTF-8')
    except OSError as error:
        if error.filename is None:
            raise
        return _failed(f"{error.filename}: {error.strerror}; check the path, its owner and the free space")
    return code if isinstance(code, int) else 0


def _unfinished(error: click.exceptions.NoArgsIsHelpError) -> int:
    """A group without a command is answered with the list of its commands."""
    click.echo(error.ctx.get_help() if error.ctx else error.message, err=True)
    return 1


def _sentence(error: Exception) -> str:
    """What to tell the user.

    Raises:
        ModuleNotFoundError: it is one, and no extra brings the module.
    """
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, ModuleNotFoundError):
        sentence = not_installed(error.name or "")
        if sentence is None:
            raise error
        return sentence
    return str(error)


def _is_text(argument: str) -> bool:
    """Whether an argument's bytes were text; those that were not are surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in argument)


def _usage(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f'{message}; see "{context.command_path} --help"' if context else message


def _failed(sentence: str) -> int:
    click.echo(f"telltale: {sentence}", err=True)
    return 1

"""Find the project and read its settings."""

import json
import os
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from telltale.contract import ConfigError, did_you_mean
from telltale.masters import shown
from telltale.settings.model import SETTINGS_FILE, Settings, SiteSettings
from telltale.settings.secrets import read_secrets, read_token

HOME_VARIABLE = "TELLTALE_HOME"
PLATFORM_PORT = "PORT"
VARIABLES = "TELLTALE_"
"""How each variable of the environment begins that wins over the file."""


def load(root: Path | None = None) -> Settings:
    """The settings of the project at `root`, or of the one found from here.

    Raises:
        ConfigError: no project, or a key or value that is not understood.
    """
    home = find_root() if root is None else root.resolve()
    try:
        settings = Settings(root=home, **_with_platform(_read(home / SETTINGS_FILE)))
    except ValidationError as error:
        raise ConfigError(_sentence(error.errors()[0])) from None  # pydantic's own repeats what it was given
    except SettingsError as error:
        raise ConfigError(f"TELLTALE_* environment: {error}; expected JSON, or one variable a key") from error
    return settings.with_secrets(read_secrets(home), token=read_token(home))


def find_root(start: Path | None = None) -> Path:
    """The project's folder: `TELLTALE_HOME`, else the nearest with a telltale.toml from `start` (here) upwards.

    Raises:
        ConfigError: there is none.
    """
    home = os.environ.get(HOME_VARIABLE)
    if start is None and home:
        if not (Path(home) / SETTINGS_FILE).is_file():
            raise ConfigError(f'{HOME_VARIABLE} = "{home}": no {SETTINGS_FILE} there; run "telltale init {home}"')
        return Path(home).resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise ConfigError(f'no {SETTINGS_FILE} in {here} or above; run "telltale init" there or set {HOME_VARIABLE}')


def platform_port() -> int | None:
    """The port that a platform which runs programs for others tells them to listen on, as variable `PORT`.

    It is that of the HTTP collector, and of the dashboards where these are started by themselves. What is set for
    telltale alone wins over it: `--port`, `TELLTALE_WEBHOOKS__PORT`, `TELLTALE_DASHBOARD__PORT`. It wins over
    telltale.toml, which is the same wherever the project runs. None where it is not set.

    Raises:
        ConfigError: it is no port.
    """
    text = os.environ.get(PLATFORM_PORT, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ConfigError(
            f'{PLATFORM_PORT} = "{text[:40]}": expected an integer from 1 to 65535, as a platform sets it; unset it, '
            "or name the port with --port"
        )
    return int(text)


def _with_platform(told: dict[str, Any]) -> dict[str, Any]:
    """What telltale.toml says, at the port of the platform; one that is none is the collector's to complain of."""
    with suppress(ConfigError):
        if (port := platform_port()) is not None and isinstance(told.get("webhooks", {}), dict):
            return {**told, "webhooks": {**told.get("webhooks", {}), "port": port}}
    return told


def settings_text(root: Path) -> dict[str, Any]:
    """What stands in a project's telltale.toml itself, without defaults; empty where there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    return _read(root / SETTINGS_FILE)


def _read(path: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its owner and mode") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not valid TOML ({error}); correct that line") from error
    for key in ("root", "sites"):
        if key in told:
            raise ConfigError(f"{SETTINGS_FILE} {key}: unknown key; write sites as [site.<network id>]")
    return told


def _sentence(error: ErrorDetails) -> str:
    """One sentence of pydantic's finding: where, the value, what was expected."""
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return f"{_where(place)}: unknown key; {_known(place)}"
    if error["type"] == "value_error":
        expected = str(error["ctx"]["error"])
    else:
        expected = _expected(place) or error["msg"].removeprefix("Input should be ")
    return f"{_where(place)} = {_shown(place, error['input'])}: expected {expected}"


def _where(place: list[str]) -> str:
    variable = VARIABLES + "__".join(place).upper()
    if variable in os.environ:
        return variable
    section = ["site" if part == "sites" else part for part in place[:-1]]
    return " ".join([SETTINGS_FILE, *([f"[{'.'.join(section)}]"] if section else []), place[-1]])


def _shown(place: list[str], value: object) -> str:
    if place[0] == "engine" and not isinstance(value, bool | int | float):
        value = shown(value) if isinstance(value, str) else "…"  # where Spark is may hold a token
    return json.dumps(value, default=str, ensure_ascii=False)


def _section(place: list[str]) -> type[BaseModel]:
    """The model whose key the last part of `place` is."""
    if place[0] == "sites":
        return SiteSettings
    model: type[BaseModel] = Settings
    for part in place[:-1]:
        field = model.model_fields.get(part)
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return Settings  # a table of free keys
        model = inner
    return model


def _known(place: list[str]) -> str:
    known = sorted(set(_section(place).model_fields) - {"root", "sites"})
    return f"known: {', '.join(known)}{did_you_mean(place[-1], known)}"


def _expected(place: list[str]) -> str:
    """What the key takes, from its model: type and bounds."""
    schema = _section(place).model_json_schema().get("properties", {}).get(place[-1], {})
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(value) for value in schema["enum"])
    article = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "a text in quotes"}
    text = article.get(schema.get("type", ""), "a table" if "$ref" in schema else "")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        text += f" from {low} to {high}" if high is not None else f" of at least {low}"
    elif "exclusiveMinimum" in schema:
        text += f" above {schema['exclusiveMinimum']:g}"
    return text

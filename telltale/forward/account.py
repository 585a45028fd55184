"""Where and as whom to connect to Cumulocity: telltale.toml, an older INI file, and the secrets.

The older file's keys: tenant, tenantID, user, port, password, deviceID in section [C8YMQTT]. What stands in
telltale.toml wins. Source: wire/forwarding.md 2.1, 2.2.
"""

import configparser
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from telltale.contract import ConfigError
from telltale.forward.smartrest import QuoteStyle
from telltale.settings import Settings
from telltale.settings.brokers import CumulocitySettings

INI_SECTION = "C8YMQTT"
TLS_PORT, CLEAR_PORT = 8883, 1883


class Account(NamedTuple):
    """A login and what to do with it."""

    host: str
    port: int
    tls: bool
    ca_file: str
    user: str
    password: str
    mode: str
    device_id: str
    device_type: str
    register: bool
    quote_style: QuoteStyle
    per_second: float

    def __repr__(self) -> str:
        """Everything but the password."""
        return f"Account({self.user!r} at {self.host}:{self.port}, {self.mode})"


def account(settings: Settings) -> Account | None:
    """The account; None where no tenant is named.

    Raises:
        ConfigError: user or password is missing, or values contradict each other.
    """
    told = settings.forward.cumulocity
    old = _ini(settings.root / told.ini) if told.ini else {}
    tenant = _bare_host(_chosen(told, "tenant", old))
    if not tenant:
        return None
    port = _port(_chosen(told, "port", old) or str(TLS_PORT))
    if told.tls and port == CLEAR_PORT:
        raise ConfigError(
            f"telltale.toml [forward.cumulocity] port = {port}: that is the port in clear; "
            "expected 8883, or tls = false if the password may be read on the way"
        )
    return Account(
        host=tenant,
        port=port,
        tls=told.tls,
        ca_file=str(settings.root / told.ca_file) if told.ca_file else "",
        user=_user(_chosen(told, "user", old), _chosen(told, "tenant_id", old)),
        mode=told.mode,
        device_id=_device_id(_chosen(told, "device_id", old)),
        device_type=told.device_type,
        register=told.register_devices,
        quote_style=told.quote_style,
        per_second=told.per_second,
        password=_password(settings, old.get("password", "")),
    )


def secret(settings: Settings, source: str, key: str) -> str:
    """A secret of secrets.toml or a variable; empty when there is none.

    Of `TELLTALE_SECRET_THINGWORX_APP_KEY` the settings take `thingworx_app` for the source, so that is looked at too.
    """
    head, _, tail = f"{source}_{key}".rpartition("_")
    return settings.source(head).secrets.get(tail, "") or settings.source(source).secrets.get(key, "")


def _chosen(told: CumulocitySettings, key: str, old: Mapping[str, str]) -> str:
    return str(getattr(told, key) or old.get(key.replace("_", ""), ""))


def _ini(path: Path) -> dict[str, str]:
    """The section of the older file; a % stays a %."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        if not parser.read(path, encoding="utf-8-sig"):
            raise ConfigError(f"{path}: cannot be read; expected the file named by ini in [forward.cumulocity]")
        found = dict(parser[INI_SECTION])
    except KeyError:
        raise ConfigError(f"{path}: no section [{INI_SECTION}]; expected it with tenant, user, port") from None
    except (configparser.Error, UnicodeDecodeError):
        # What the parser says quotes lines, one of which is the password.
        raise ConfigError(f"{path}: not a valid INI file; expected lines such as tenant = example.com") from None
    mode = path.stat().st_mode
    if found.get("password") and os.name == "posix" and mode & 0o077:
        raise ConfigError(f"{path}: mode {mode & 0o777:03o} lets others read its password; run: chmod 600 {path}")
    return {key: value.strip() if key != "password" else value for key, value in found.items()}


def _bare_host(tenant: str) -> str:
    return re.sub(r"^[a-z]+://", "", tenant.strip(), flags=re.IGNORECASE).partition("/")[0]


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigError(f'[{INI_SECTION}] port = "{text}": expected an integer from 1 to 65535')
    return int(text)


def _user(user: str, tenant_id: str) -> str:
    """`<tenant id>/<user>`, whichever slash it was written with."""
    before, slash, name = user.strip().replace("\\", "/").partition("/")
    if not slash:
        before, name = tenant_id, before
    if not name:
        raise ConfigError('[forward.cumulocity] user = "": expected <tenant id>/<user>')
    if tenant_id and before != tenant_id:
        raise ConfigError(f'[forward.cumulocity] user = "{user}": expected one of tenant_id = "{tenant_id}"')
    return f"{before}/{name}" if before else name


def _device_id(device_id: str) -> str:
    found = device_id or f"telltale-{socket.gethostname()}"
    if ":" in found:
        raise ConfigError(
            f'[forward.cumulocity] device_id = "{found}": a colon separates parts of a client id; leave it'
        )
    return found


def _password(settings: Settings, old: str) -> str:
    found = secret(settings, "cumulocity", "password") or old
    if not found:
        raise ConfigError(
            "no password for Cumulocity: write it to secrets.toml below [cumulocity], "
            "or set TELLTALE_SECRET_CUMULOCITY_PASSWORD"
        )
    return found

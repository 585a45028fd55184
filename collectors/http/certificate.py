"""The certificate and the key of HTTPS, checked before the server starts, so that what is wrong is one sentence."""

import ssl
from pathlib import Path

from telltale.contract import ConfigError
from telltale.settings import Settings


def path_of(settings: Settings, name: str) -> Path | None:
    """A file of the settings; relative ones count from the project's root, an empty name is none."""
    return settings.root / name if name else None


def check_certificate(settings: Settings) -> None:
    """Try the files of `[webhooks] certificate` and `key`.

    Raises:
        ConfigError: one is missing, cannot be read, or does not fit the other.
    """
    certificate, key = settings.webhooks.certificate, settings.webhooks.key
    if not certificate and not key:
        return
    for name, value, other in (("certificate", certificate, "key"), ("key", key, "certificate")):
        if not value:
            raise ConfigError(f'telltale.toml [webhooks] {name} = "": expected a PEM file too where {other} is set')
        try:
            (settings.root / value).read_bytes()
        except OSError as error:
            raise ConfigError(
                f'telltale.toml [webhooks] {name} = "{value}": {error.strerror}; expected a PEM file to read'
            ) from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.root / certificate,
            settings.root / key,
            password=lambda: b"",  # a key with a password would be asked for on the terminal
        )
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            f'telltale.toml [webhooks] certificate = "{certificate}", key = "{key}": {_said(error)}; expected a PEM '
            "certificate and the key that belongs to it, without a password"
        ) from error


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error)
    return str(reason).lower().replace("_", " ")

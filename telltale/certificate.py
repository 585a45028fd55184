"""The certificate and key of a listener, tried before it listens, so that what is wrong is one sentence."""

import ssl
from pathlib import Path

from telltale.contract import ConfigError


def server_context(root: Path, section: str, certificate: str, key: str) -> ssl.SSLContext | None:
    """What TLS needs; None where no certificate is set.

    Args:
        root: of the project; relative paths count from it.
        section: of telltale.toml that names them, such as `webhooks`.
        certificate: PEM file of the certificate and its chain.
        key: PEM file of its key, without a password; empty where it is in the same file.

    Raises:
        ConfigError: one is missing, cannot be read, or does not fit the other.
    """
    if not certificate and not key:
        return None
    if not certificate:
        raise ConfigError(f'telltale.toml [{section}] certificate = "": expected a PEM file too where key is set')
    for name, value in (("certificate", certificate), ("key", key)):
        try:
            (root / (value or certificate)).read_bytes()
        except OSError as error:
            raise ConfigError(
                f'telltale.toml [{section}] {name} = "{value}": {error.strerror}; expected a PEM file to read'
            ) from error
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A key with a password would be asked for on the terminal.
        context.load_cert_chain(root / certificate, root / (key or certificate), password=lambda: b"")
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            f'telltale.toml [{section}] certificate = "{certificate}", key = "{key}": {_said(error)}; expected a PEM '
            "certificate and the key that belongs to it, without a password"
        ) from error
    return context


def _said(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error)
    return str(reason).lower().replace("_", " ")

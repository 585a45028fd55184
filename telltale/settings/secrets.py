"""Secrets: the environment or a file only its owner may read; never telltale.toml, a log or a URL."""

import os
import re
import tomllib
from pathlib import Path

from telltale.contract import ConfigError

SECRETS_FILE = "secrets.toml"
LEAST_CHARACTERS = 16
"""What a secret needs on a public address: whoever guesses offline, as with a signed body, tries billions a second."""
LEAST_DIFFERENT = 5
_WORD = r"(secret|token|password|key)"
_EXAMPLES = re.compile(
    r"(change|replace|insert|put|enter|choose|set)[-_ ]?(me|it|this|here)"
    rf"|(your|my|the|a|an|some|this[-_ ]?is)[-_ ]?(own|very|long|random|strong|super)?[-_ ]?{_WORD}([-_ ]?here)?"
    r"|(secret|token|password|passwd|passphrase|default|example|placeholder|telltale|test|demo|todo|fixme)+[-_ 0-9]*"
    r"|\.{3,}|x{3,}|<.*>|0123456789(abcdef|0123456789)*|1234567890(1234567890)*"
    r"|correct[-_ ]?horse[-_ ]?battery[-_ ]?staple",
    re.IGNORECASE,
)
"""Texts of manuals and of files to fill in."""
ORDERS = "configure"
"""The key, below a source, of what lets other programs queue something for its devices; it proves no record."""
_PREFIX = "TELLTALE_SECRET_"
TOKEN_VARIABLE = "TELLTALE_TOKEN"  # noqa: S105 - the variable's name, not a token


def read_secrets(root: Path) -> dict[str, dict[str, str]]:
    """The secrets by source and key; `TELLTALE_SECRET_<SOURCE>_<KEY>` wins over the file.

    Of a variable, the source is the text up to the last underscore, in lower case, as is the key:
    `TELLTALE_SECRET_ACME_71234` is key `71234` of `acme`.
    An empty or blank variable is none: everybody knows that text.

    Raises:
        ConfigError: others may read the file, or it is not tables of texts.
    """
    secrets = {name: _texts(name, table) for name, table in _file(root).items() if isinstance(table, dict)}
    for variable, value in os.environ.items():
        if variable.startswith(_PREFIX) and value.strip():
            source, _, key = variable.removeprefix(_PREFIX).lower().rpartition("_")
            secrets.setdefault(source, {})[key] = value
    return secrets


def read_token(root: Path) -> str:
    """What opens the details of /healthz from elsewhere: `TELLTALE_TOKEN`, else `token` in secrets.toml, else empty."""
    token = os.environ.get(TOKEN_VARIABLE) or _file(root).get("token", "")
    if not isinstance(token, str):
        raise ConfigError(f"{SECRETS_FILE} token: expected a text in quotes")
    return token.strip()


def weakness(secret: str, *, may_be_short: bool = False) -> str:
    """Why a secret does not hold on a public address, without showing it; empty when it does.

    Args:
        secret: the text.
        may_be_short: its owner accepts that it can be guessed; an example of a manual is refused all the same.

    Source: NIST SP 800-63B 5.1.1.2 (texts that are common); 16 random characters of 64 are 96 bits.
    """
    if _EXAMPLES.fullmatch(secret.strip()):
        return "is an example that everybody knows"
    if may_be_short:
        return ""
    if len(secret) < LEAST_CHARACTERS:
        return f"has {len(secret)} characters, expected at least {LEAST_CHARACTERS}"
    different = len(set(secret))
    return (
        f"has {different} different characters, expected at least {LEAST_DIFFERENT}"
        if different < LEAST_DIFFERENT
        else ""
    )


def _texts(source: str, table: dict[str, object]) -> dict[str, str]:
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{SECRETS_FILE} [{source}] {key}: expected the secret as a non-empty text in quotes")
    return {key: str(value) for key, value in table.items()}


def _file(root: Path) -> dict[str, object]:
    path = root / SECRETS_FILE
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return {}
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"{path}: mode {mode & 0o777:03o} lets others read it, expected 600; run: chmod 600 {path}")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        # The parser's message quotes the line, which may be a secret: it is neither shown nor chained.
        raise ConfigError(f'{path}: not valid TOML; expected lines such as 71234 = "..." below [<source>]') from None
    for key, value in told.items():
        if key != "token" and not isinstance(value, dict):
            raise ConfigError(f'{SECRETS_FILE} {key}: expected a table per source, [<source>], or token = "..."')
    return told

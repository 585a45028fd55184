"""The pseudonym keys of a project in one encrypted file, which lies apart from the backup it is made with.

    {"telltale keys": 1, "backup": "2026-11-23T110000Z", "salt": "…", "nonce": "…"}     one line, authenticated too
    AES-256-GCM of a JSON object: path below the folder of keys -> content, both as text (hex)

Who has the backup and not this file has pseudonyms nobody can lead back; who has both and the passphrase has what the
project has. So a key that is due is neither written nor put back.

Source: RFC 7914 (scrypt, with N = 2**17, r = 8, p = 1 as the OWASP Password Storage Cheat Sheet has it);
NIST SP 800-38D (GCM).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from telltale import private
from telltale.contract import ConfigError
from telltale.operate.retention.limits import keys_kept_for
from telltale.privacy.files import replace
from telltale.privacy.keys import period_of_file
from telltale.privacy.lists import LISTS_KEY
from telltale.settings.secrets import weakness
from telltale.workbench.project import Project

VERSION = 1
_N, _R, _P = 1 << 17, 8, 1
_MEMORY = 256 << 20
"""More than 128 · N · r bytes, which scrypt takes."""


class Locker(NamedTuple):
    """A file of keys and what opens it."""

    file: Path
    passphrase: str


class PutBack(NamedTuple):
    """What became of the files of keys."""

    written: int
    due: int
    """Keys whose time is over: they stay away."""


def lock_up(project: Project, locker: Locker, *, backup: str, now_us: int) -> int | None:
    """Write the keys that are not due into a new file; when the first of them will be, µs UTC, None where none will.

    Raises:
        ConfigError: the file is there, its folder is not, or the passphrase is weak.
    """
    if why := weakness(locker.passphrase):
        raise ConfigError(f"--keys: the passphrase {why}; choose one that nobody guesses")
    contents, destroyed_at = {}, []
    for path in _files(project.settings.keys):
        name = path.relative_to(project.settings.keys).as_posix()
        at_us = _destroyed_at(project, name)
        if at_us is not None and at_us <= now_us:
            continue
        contents[name] = path.read_bytes().hex()
        destroyed_at += [] if at_us is None else [at_us]
    salt, nonce = os.urandom(16), os.urandom(12)
    head = json.dumps({"telltale keys": VERSION, "backup": backup, "salt": salt.hex(), "nonce": nonce.hex()}).encode()
    sealed = _cipher(locker.passphrase, salt).encrypt(nonce, json.dumps(contents).encode(), head)
    if locker.file.exists():
        raise ConfigError(f"--keys {locker.file}: it is there; name a new file, each backup has its own")
    try:
        private.new_file(locker.file)
    except OSError as error:
        raise ConfigError(f"--keys {locker.file}: {error.strerror}; name a file in a folder that is there") from error
    try:
        locker.file.write_bytes(head + b"\n" + sealed)
    except OSError as error:
        with suppress(OSError):
            locker.file.unlink()
        raise ConfigError(f"--keys {locker.file}: {error.strerror}; free its disk, or name another one") from error
    return min(destroyed_at, default=None)


def opened(locker: Locker) -> dict[str, bytes]:
    """The files of keys by their path.

    Raises:
        ConfigError: it is no such file, another passphrase opens it, or it is damaged.
    """
    from cryptography.exceptions import InvalidTag

    try:
        head, _, sealed = locker.file.read_bytes().partition(b"\n")
        fields = json.loads(head)
        salt, nonce, version = bytes.fromhex(fields["salt"]), bytes.fromhex(fields["nonce"]), fields["telltale keys"]
    except OSError as error:
        raise ConfigError(f"--keys {locker.file}: {error.strerror}; name the file written with the backup") from error
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"--keys {locker.file}: no file of keys; name the one written with the backup") from None
    if version != VERSION:
        raise ConfigError(f"--keys {locker.file}: version {version}, expected {VERSION}; a newer telltale reads it")
    try:
        contents = json.loads(_cipher(locker.passphrase, salt).decrypt(nonce, sealed, head))
    except (InvalidTag, ValueError):
        raise ConfigError(
            f"--keys {locker.file}: another passphrase, or the file is damaged; nothing was put back"
        ) from None
    return {name: bytes.fromhex(content) for name, content in contents.items()}


def refuse_other_lists(project: Project, locker: Locker, contents: dict[str, bytes]) -> None:
    """Refuse keys whose lists would lie beside those of this project: only one of two keys can count.

    Raises:
        ConfigError: so it is.
    """
    own = project.settings.keys / LISTS_KEY
    if LISTS_KEY in contents and own.exists() and own.read_bytes() != contents[LISTS_KEY]:
        raise ConfigError(
            f"--keys {locker.file}: its lists of staff, fixed devices and opt-outs are under another key than those in "
            f"{own.parent}, and one kind would count no more; move that folder away, and list its addresses again "
            "afterwards; nothing was put back"
        )


def put_back(project: Project, contents: dict[str, bytes], *, now_us: int) -> PutBack:
    """Write the files of keys that are not there; a key that is due stays away."""
    written = due = 0
    for name, content in sorted(contents.items()):
        path = project.settings.keys / name
        at_us = _destroyed_at(project, name)
        if at_us is not None and at_us <= now_us:
            due += 1
        elif not path.exists():
            replace(path, content)
            written += 1
    return PutBack(written, due)


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))


def _destroyed_at(project: Project, name: str) -> int | None:
    """When retention destroys a file of keys; None where it keeps it for ever."""
    period = period_of_file(Path(name))
    if period is None:
        return None
    site, end_us = project.site(period[0]), period[1]
    return None if site.keep else end_us + keys_kept_for(site)


def _cipher(passphrase: str, salt: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=32)
    return AESGCM(key)

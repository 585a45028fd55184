"""What is wrong with the store, as seen from here and as the running collector sees it."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from telltale.contract import StoreError
from telltale.lake.returned import returned
from telltale.workbench.project import Project

_SERVER = (
    'stop telltale, and put back its database from a backup of the server or by "telltale restore"; or make an empty '
    'one, name it in [paths] store_url, and run "telltale check --repair", which lists again what the lake holds'
)
_SAVE = 'stop telltale, and run "telltale check --repair", which saves what can be read; or put a backup in its place'
_DATABASE = (
    'stop telltale, and let [paths] store_url name the database that was there; or run "telltale check --repair", '
    "which lists them again"
)
_LIST_AGAIN = (
    'stop telltale, and put back that file or a backup of it; or run "telltale check --repair", which lists them again'
)


def wrong_with_store(project: Project) -> Iterator[tuple[str, str]]:
    """What keeps the store from being whole and taking records, and what to do; nothing where all is well.

    All of a SQLite file is read, a PostgreSQL server is asked what it has met and how it is set; and something durable
    is written.

    Raises:
        StoreError: no record can be stored.
    """
    store = project.store
    if trouble := store.trouble():
        raise StoreError(trouble)
    if damage := store.damage():
        yield f"{store.shown} is damaged: {damage}", _SERVER if store.is_shared else _SAVE
        return
    store.try_write()
    yield from store.weaknesses()
    lake, root = project.lake, project.lake.root
    is_bare = not lake.snapshot().files and any(file.path.endswith(".parquet") for file in root.walk())
    if is_bare and not returned(lake, reads_all=False):  # those that came back are said where files are looked at
        lost = "its database was emptied, or is another" if store.is_shared else "the store's own file was lost"
        fix = _DATABASE if store.is_shared else _LIST_AGAIN
        yield f"{root.shown} holds files the store does not know: {lost}", fix
    webhooks = project.settings.webhooks
    said = health_of(webhooks.url)
    if said.get("status", "ok") != "ok":  # to another address than loopback it says no more than that
        found, _, fix = str(said.get("store") or f"{said['status']}; its log says why").rpartition("; ")
        yield f"the collector on {webhooks.host}:{webhooks.port} says: {found}", fix


def health_of(url: str) -> dict[str, Any]:
    """What a collector that listens there says of itself, well or ill; empty where none does."""
    trusting = ssl.create_default_context()
    # Its certificate is for the name others know it by, and it is told nothing here.
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=3, context=trusting) as reply:  # noqa: S310 our own
            said = reply.read()
    except urllib.error.HTTPError as error:  # 503 while it can store nothing
        with error:
            said = error.read()
    except (OSError, http.client.HTTPException):
        return {}
    try:
        return dict(json.loads(said))
    except (ValueError, TypeError):
        return {}

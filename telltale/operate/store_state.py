"""What is wrong with the store, as seen from here and as the running collector sees it."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from telltale.contract import StoreError
from telltale.workbench.project import Project

_SAVE = 'stop telltale, and run "telltale check --repair", which saves what can be read; or put a backup in its place'
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
        yield f"{store.shown} is damaged: {damage}", _SAVE
        return
    store.try_write()
    yield from store.weaknesses()
    root = project.lake.root
    if not project.lake.snapshot().files and any(file.path.endswith(".parquet") for file in root.walk()):
        yield f"{root.shown} holds files the store does not know: the store's own file was lost", _LIST_AGAIN
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

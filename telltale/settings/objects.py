"""Section `[s3]`: the object store that holds the lake, where `[paths] lake_root` is `s3://bucket/path`."""

import os
from typing import Annotated, NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, model_validator

from telltale.contract import ConfigError, Secrets
from telltale.net import is_loopback
from telltale.settings.section import Section

SECTION = "s3"
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

S3_TOML = """\
[s3]                           # the object store, where lake_root is s3://bucket/path; its id and key: secrets.toml
# endpoint = ""                # such as "https://objects.example.org:9000"; empty: AWS_ENDPOINT_URL, else Amazon's
# region = ""                  # empty: AWS_REGION, else what the bucket's is at Amazon
# plain_http = false           # true allows an endpoint of http:// that is not this machine: records travel in clear
# ca_file = ""                 # the authority that signed the endpoint's certificate; empty: the system's
# tries = 4                    # of a request that fails or is told to slow down, with longer waits between them
# connect_timeout_s = 5.0
"""

S3_SECRETS = """\
# [s3]                         # of the object store; without them AWS_ACCESS_KEY_ID …, ~/.aws, or the machine's role
# id = "..."                   # the access key's id
# key = "..."                  # the secret access key
# token = "..."                # of a session, where the two are temporary
"""


def _endpoint(text: str) -> str:
    """An address of a server, without a slash at its end; ValueError for anything else."""
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise ConfigError(
            "telltale.toml [s3] endpoint: holds a user or a password; put id and key below [s3] of secrets.toml"
        )
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment)
    if text and not (parts.scheme in ("http", "https") and _has_port(parts) and parts.hostname and is_bare):
        raise ValueError('an address such as "https://objects.example.org:9000", or nothing')
    return text.rstrip("/")


def _has_port(parts: SplitResult) -> bool:
    """Whether what stands for a port is none, or is one."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


class S3Settings(Section):
    """The object store of the lake."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    region: str = ""
    plain_http: bool = False
    ca_file: str = ""
    tries: Annotated[int, Field(ge=1, le=20)] = 4
    connect_timeout_s: Annotated[float, Field(gt=0, le=300)] = 5.0

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        parts = urlsplit(self.endpoint)
        if parts.scheme == "http" and not self.plain_http and not is_loopback(parts.hostname or ""):
            raise ValueError('endpoint = "https://…"; plain_http = true allows http:// to another machine')
        return self


class ObjectAccess(NamedTuple):
    """How the object store is reached; what it is shown as holds no secret."""

    settings: S3Settings = S3Settings()
    secrets: Secrets = Secrets()
    """id, key, token; none where the environment or the machine has them."""

    @property
    def endpoint(self) -> str:
        """The server's address; empty is Amazon's.

        Raises:
            ConfigError: that of the environment is none, or is not encrypted.
        """
        if self.settings.endpoint:
            return self.settings.endpoint
        for name in ENDPOINT_VARIABLES:
            if text := os.environ.get(name, ""):
                return _checked(name, text, plain_http=self.settings.plain_http)
        return ""

    @property
    def region(self) -> str:
        """The region; empty where none is set: at Amazon it is that of the bucket."""
        named = (os.environ.get(name, "") for name in REGION_VARIABLES)
        return self.settings.region or next(filter(None, named), "") or ("us-east-1" if self.endpoint else "")

    def checked(self) -> "ObjectAccess":
        """The same.

        Raises:
            ConfigError: an id without a key, or a key without an id.
        """
        if bool(self.secrets.get("id")) != bool(self.secrets.get("key")):
            there, missing = ("id", "key") if self.secrets.get("id") else ("key", "id")
            raise ConfigError(f"secrets.toml [{SECTION}] has {there} without {missing}; write both, or neither")
        return self


def _checked(name: str, text: str, *, plain_http: bool) -> str:
    try:
        return S3Settings(endpoint=text, plain_http=plain_http).endpoint
    except ValueError:
        raise ConfigError(
            f'{name}: expected an address such as "https://objects.example.org:9000"; http:// to another machine needs '
            "[s3] plain_http = true"
        ) from None


def without_credentials(lake_root: str) -> str:
    """The same URL or path.

    Raises:
        ConfigError: it holds a user, a password or options; the message does not repeat them.
    """
    parts = urlsplit(lake_root) if "://" in lake_root else SplitResult("", "", "", "", "")
    if "@" in parts.netloc:
        raise ConfigError(
            "telltale.toml [paths] lake_root: holds a user or a password; put id and key below [s3] of secrets.toml"
        )
    if parts.scheme == "s3" and (parts.query or parts.fragment or not parts.netloc):
        raise ConfigError(
            "telltale.toml [paths] lake_root: expected s3://bucket/path and nothing behind it; endpoint and region "
            "stand in [s3]"
        )
    return lake_root

"""Where telltale listens: the HTTP and CoAP collectors, and the dashboards' server."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from telltale.settings.section import Section


class WebhookSettings(Section):
    """The HTTP collector."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    max_body: Annotated[int, Field(ge=1)] = 4 << 20
    header_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 75.0
    body_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 15.0
    bodies_per_sender: Annotated[int, Field(ge=1)] = 256
    certificate: str = ""
    key: str = ""
    hosts: list[Annotated[str, Field(pattern=r"^[^/\s]+$")]] = Field(default_factory=list)
    short_secrets: list[str] = Field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


class CoapSettings(Section):
    """The CoAP collector."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 5683
    prefix: Annotated[str, Field(pattern=r"^([^/]+/)*[^/]*$", max_length=100)] = ""
    endpoints: dict[str, Annotated[str, Field(pattern=r"^[^/]+$", max_length=100)]] = Field(default_factory=dict)
    is_open: bool = False
    short_secrets: list[str] = Field(default_factory=list)
    max_body: Annotated[int, Field(ge=64)] = 64 << 10
    ticket_timeout_s: Annotated[float, Field(gt=0, le=1.4)] = 1.2


def _web_address(text: str) -> str:
    """An address of the web, without a slash at its end; ValueError for anything else."""
    parts = urlsplit(text)
    is_plain = not (parts.query or parts.fragment or parts.username) and _is_path(parts.path)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or not is_plain):
        raise ValueError(
            'an address such as "https://telltale.example.org" or "https://example.org/telltale", or nothing'
        )
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    place = parts.netloc.removesuffix(default) if default else ""  # browsers leave it out of Host and Origin
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}" if text else ""


def _base_path(text: str) -> str:
    """A path with a slash at both ends, or nothing; ValueError for anything else."""
    path = f"/{text.strip('/')}/" if text else ""
    if not _is_path(path):
        raise ValueError('a path such as "/telltale", or nothing')
    return path.replace("//", "/")


def _is_path(path: str) -> bool:
    return re.fullmatch(r"/*|/((?!\.{1,2}/)[A-Za-z0-9._~@%-]+/)+", f"{path.rstrip('/')}/") is not None


class DashboardSettings(Section):
    """The dashboards' server."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8866
    public_url: Annotated[str, AfterValidator(_web_address)] = ""
    base_url: Annotated[str, AfterValidator(_base_path)] = ""
    certificate: str = ""
    key: str = ""
    max_pages: Annotated[int, Field(ge=1)] = 20

    @model_validator(mode="after")
    def _paths_agree(self) -> Self:
        path = urlsplit(self.public_url).path
        if self.base_url and path and f"{path}/" != self.base_url:
            raise ValueError(f'base_url = "{path}", as public_url has it, or only one of the two')
        return self

    @property
    def base(self) -> str:
        """The path that all pages lie below, with a slash at both ends."""
        return self.base_url or f"{urlsplit(self.public_url).path}/"

    @property
    def public_home(self) -> str:
        """The address others reach them under, path included, without a slash at its end; empty where none is set."""
        public = urlsplit(self.public_url)
        return f"{public.scheme}://{public.netloc}{self.base.rstrip('/')}" if self.public_url else ""

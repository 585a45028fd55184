"""The settings as typed, frozen models; each default here is written out in `defaults.DEFAULT_TOML`."""

import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from telltale.contract import Limits, Options, Secrets, SourceSettings, did_you_mean
from telltale.masters import complaint
from telltale.settings.activity import ActivitySettings, IdleSettings
from telltale.settings.brokers import ForwardSettings, MqttSettings
from telltale.settings.capture import ArpSettings, KanbanSettings
from telltale.settings.listeners import CoapSettings, DashboardSettings, WebhookSettings
from telltale.settings.log import LogSettings
from telltale.settings.objects import SECTION as OBJECTS
from telltale.settings.objects import ObjectAccess, S3Settings, without_credentials
from telltale.settings.publish import AlertSettings, PublishSettings, ReportSettings
from telltale.settings.secrets import ORDERS
from telltale.settings.section import Section

SETTINGS_FILE = "telltale.toml"
Rotation = Literal["day", "week", "month", "never"]


def _zone(name: str) -> str:
    """The name of a zone that exists; ValueError with the nearest one otherwise."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = did_you_mean(name, zoneinfo.available_timezones())
        raise ValueError(f'a time zone of the IANA list, such as "Europe/Berlin"{hint}') from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]


def _master(text: str) -> str:
    """Where Spark is; ValueError for what it would not know."""
    if expected := complaint(text):
        raise ValueError(expected)
    return text


class PathSettings(Section):
    """Where things lie; relative paths count from the project's root, empty ones lie below `data`."""

    data: Annotated[str, Field(min_length=1)] = "data"
    store_url: str = ""
    lake_root: Annotated[str, AfterValidator(without_credentials)] = ""
    keys: str = ""


class SiteSettings(Section):
    """What holds for one site; `[site]` is the default of all, `[site.<network id>]` overrides it."""

    name: str = ""
    timezone: Zone = "UTC"
    rotation: Rotation = "day"
    raw_retention_h: Annotated[int, Field(ge=0)] = 24
    sighting_retention_h: Annotated[int, Field(ge=0)] = 24
    visit_retention_d: Annotated[int, Field(ge=0)] = 30
    k: Annotated[int, Field(ge=1)] = 5
    keep: bool = False


class LandingSettings(Section):
    """The queue in front of the store, and how long a sender waits for it."""

    max_records: Annotated[int, Field(ge=1)] = 20_000
    max_bytes: Annotated[int, Field(ge=1)] = 64 << 20
    group: Annotated[int, Field(ge=1)] = 512
    busy_timeout_s: Annotated[float, Field(gt=0)] = 5.0
    ticket_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    spool: bool = False
    spool_records: Annotated[int, Field(ge=1)] = 200_000
    spool_bytes: Annotated[int, Field(ge=1)] = 256 << 20

    @model_validator(mode="after")
    def _ticket_outlasts_lock(self) -> Self:
        # A ticket that ends before the lock wait would answer 503 for a record that is stored a moment later.
        if self.ticket_timeout_s <= self.busy_timeout_s:
            raise ValueError(f"ticket_timeout_s above busy_timeout_s ({self.busy_timeout_s:g})")
        return self


class SettleSettings(Section):
    """When hot rows become Parquet, how many at a time, and how much one record may become."""

    rows: Annotated[int, Field(ge=1)] = 5_000
    age_s: Annotated[int, Field(ge=1)] = 600
    batch_rows: Annotated[int, Field(ge=1)] = 20_000
    batch_bytes: Annotated[int, Field(ge=1)] = 64 << 20
    max_rows_per_record: Annotated[int, Field(ge=1)] = Limits().rows
    max_rejects_per_record: Annotated[int, Field(ge=1)] = Limits().rejects

    @property
    def limits(self) -> Limits:
        """What is kept of one record."""
        return Limits(self.max_rows_per_record, self.max_rejects_per_record)


class PrivacySettings(Section):
    """What people are offered."""

    optout_page: bool = False


class LakeSettings(Section):
    """What is kept of files that were replaced."""

    keep_superseded: bool = False


class EngineSettings(Section):
    """Where Spark is, for who asks it by `tt.on("spark")`; DuckDB needs nothing."""

    spark: Annotated[str, AfterValidator(_master)] = ""
    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]*[mg]$")] = "2g"


class PresenceSettings(Section):
    """Thresholds of visits and passers-by (wire/presence.md 6)."""

    gap_min: Annotated[float, Field(gt=0)] = 15
    visit_min: Annotated[float, Field(ge=0)] = 5
    visit_dbm: Annotated[int, Field(ge=-120, le=0)] = -65
    passer_dbm: Annotated[int, Field(ge=-120, le=0)] = -90
    engaged_min: Annotated[float, Field(ge=0)] = 20
    hysteresis_db: Annotated[float, Field(ge=0)] = 6
    bin_min: Annotated[int, Field(ge=1, le=1440)] = 15


class SensorSettings(Section):
    """What pages about sensors make of their limits."""

    tolerated_min: Annotated[float, Field(ge=0)] = 15


class Settings(BaseSettings):
    """Everything a project is told. Build it with `load()`; tests may call `Settings(root=folder)`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="TELLTALE_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    root: Path
    paths: PathSettings = PathSettings()
    site: SiteSettings = SiteSettings()
    sites: dict[str, SiteSettings] = {}
    landing: LandingSettings = LandingSettings()
    settle: SettleSettings = SettleSettings()
    lake: LakeSettings = LakeSettings()
    s3: S3Settings = S3Settings()
    engine: EngineSettings = EngineSettings()
    privacy: PrivacySettings = PrivacySettings()
    webhooks: WebhookSettings = WebhookSettings()
    coap: CoapSettings = CoapSettings()
    arp: ArpSettings = ArpSettings()
    mqtt: MqttSettings = MqttSettings()
    idle: IdleSettings = IdleSettings()
    dashboard: DashboardSettings = DashboardSettings()
    log: LogSettings = LogSettings()
    presence: PresenceSettings = PresenceSettings()
    sensors: SensorSettings = SensorSettings()
    kanban: KanbanSettings = KanbanSettings()
    activity: ActivitySettings = ActivitySettings()
    forward: ForwardSettings = ForwardSettings()
    publish: PublishSettings = PublishSettings()
    reports: dict[str, ReportSettings] = {}
    alerts: dict[str, AlertSettings] = {}
    sources: dict[str, dict[str, Any]] = {}

    _secrets: dict[str, Secrets] = PrivateAttr(default_factory=dict)
    _orders: Secrets = PrivateAttr(default_factory=Secrets)
    _token: str = PrivateAttr(default="")
    _files: dict[str, bytes | None] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the names are pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what `load` read from the file; there are no other sources."""
        return env_settings, init_settings

    @model_validator(mode="before")
    @classmethod
    def _split_sites(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`[site.<network id>]` tables become `sites`, each on top of the scalars of `[site]`."""
        site = values.get("site")
        if not isinstance(site, Mapping):
            return values
        common = {key: value for key, value in site.items() if not isinstance(value, Mapping)}
        own = {key: {**common, **value} for key, value in site.items() if isinstance(value, Mapping)}
        return {**values, "site": common, "sites": {**own, **values.get("sites", {})}}

    @property
    def data(self) -> Path:
        """The folder of everything the project keeps."""
        return self.root / self.paths.data

    @property
    def shows_single_pcs(self) -> bool:
        """Whether anybody may be told of single PCs: only where all data are invented."""
        return self.activity.show_everyone and self.site.keep

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the store; a relative SQLite path counts from the project's root."""
        url = self.paths.store_url or f"sqlite:///{self.data / 'landing' / 'telltale.db'}"
        scheme, found, path = url.partition(":///")
        return f"{scheme}:///{self.root / path}" if found and scheme.startswith("sqlite") and path else url

    @property
    def spools(self) -> Path:
        """Where records wait while the store is away."""
        return self.data / "landing" / "spool"

    @property
    def lake_root(self) -> Path | str:
        """The lake's folder, or its URL as text."""
        lake = self.paths.lake_root
        return lake if "://" in lake else self.root / (lake or self.data / "lake")

    @property
    def object_access(self) -> ObjectAccess:
        """How the object store is reached where the lake's root is a URL.

        Raises:
            ConfigError: one half of its id and key is missing.
        """
        ca_file = str(self.root / self.s3.ca_file) if self.s3.ca_file else ""
        return ObjectAccess(self.s3.model_copy(update={"ca_file": ca_file}), self.source(OBJECTS).secrets).checked()

    @property
    def keys(self) -> Path:
        """The folder of the pseudonym keys (700)."""
        return self.root / (self.paths.keys or self.data / "keys")

    @property
    def report_folder(self) -> Path:
        """Where executed notebooks and reports go."""
        return self.data / "reports"

    @property
    def logs(self) -> Path:
        """Where long-running processes may log."""
        return self.data / "logs"

    @property
    def token(self) -> str:
        """What opens the details of /healthz and /metrics from elsewhere; empty when none is set."""
        return self._token

    def site_of(self, site_id: str) -> SiteSettings:
        """The settings of one site; its name is its id where none is given."""
        site = self.sites.get(site_id, self.site)
        return site if site.name else site.model_copy(update={"name": site_id})

    def file(self, name: str) -> bytes | None:
        """What a file beside telltale.toml holds, or held at the moment these settings are of; None: there is none.

        Raises:
            OSError: it cannot be read.
        """
        if name in self._files:
            return self._files[name]
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def with_files(self, files: Mapping[str, bytes | None]) -> "Settings":
        """The same settings beside other files: by name what each holds, None where there is none."""
        made = self.model_copy()
        made._files = {**self._files, **files}
        return made

    def source(self, name: str) -> SourceSettings:
        """What a source may know: its `[sources.<name>]` table and its secrets."""
        options: Options = self.sources.get(name, {})
        return SourceSettings(options, self._secrets.get(name, Secrets()))

    @property
    def order_secrets(self) -> Secrets:
        """By source, what lets other programs queue something for its devices."""
        return self._orders

    def with_secret(self) -> list[str]:
        """The sources that have a secret."""
        return sorted({name for name, secrets in self._secrets.items() if secrets} | self._orders.keys())

    def with_secrets(self, secrets: Mapping[str, Mapping[str, str]], *, token: str = "") -> "Settings":
        """The same settings knowing these secrets by source, in place of any former."""
        told = self.model_copy()
        told._orders = Secrets({source: keys[ORDERS] for source, keys in secrets.items() if ORDERS in keys})
        told._secrets = {
            source: Secrets({key: text for key, text in keys.items() if key != ORDERS})
            for source, keys in secrets.items()
        }
        told._token = token
        return told

"""What the project is told: `telltale.toml`, `TELLTALE_*` variables, `secrets.toml`, `devices.csv`, `buttons.csv`.

`load()` finds the project (`TELLTALE_HOME`, or the nearest folder upwards with a telltale.toml) and returns one frozen
`Settings`. A variable such as `TELLTALE_WEBHOOKS__PORT` wins over the file. Every error names the file, the key, the
value seen and what was expected. Nothing is read at import.
"""

from telltale.settings.buttons import BUTTONS_FILE, DEFAULT_BUTTONS, AllowList, Button, buttons, read_buttons
from telltale.settings.create import Written, create_project
from telltale.settings.defaults import DEFAULT_DEVICES, new_secrets, new_toml
from telltale.settings.device_line import device_line
from telltale.settings.devices import COLUMNS, DEVICES_FILE, Device, Limit, devices
from telltale.settings.listeners import WebhookSettings
from telltale.settings.load import HOME_VARIABLE, find_root, load
from telltale.settings.model import (
    SETTINGS_FILE,
    LandingSettings,
    PathSettings,
    PresenceSettings,
    Rotation,
    Settings,
    SettleSettings,
    SiteSettings,
)
from telltale.settings.secrets import SECRETS_FILE

__all__ = [
    "BUTTONS_FILE",
    "COLUMNS",
    "DEFAULT_BUTTONS",
    "DEFAULT_DEVICES",
    "DEVICES_FILE",
    "HOME_VARIABLE",
    "SECRETS_FILE",
    "SETTINGS_FILE",
    "AllowList",
    "Button",
    "Device",
    "LandingSettings",
    "Limit",
    "PathSettings",
    "PresenceSettings",
    "Rotation",
    "Settings",
    "SettleSettings",
    "SiteSettings",
    "WebhookSettings",
    "Written",
    "buttons",
    "create_project",
    "device_line",
    "devices",
    "find_root",
    "load",
    "new_secrets",
    "new_toml",
    "read_buttons",
]

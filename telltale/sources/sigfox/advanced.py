"""What SERVICE DATA_ADVANCED adds to a message 25 to 30 s later: link quality, the best station, the place.

    field                       into
    lqi or linkQuality          link_quality: 0 limit, 1 average, 2 good, 3 excellent; 4 (not known) is none
    duplicates[]                rssi_dbm, snr_db, station of the entry with the strongest rssi (bsId, rssi, snr)
    computedLocation            lat, lon, radius_m; missing, empty or without numbers is none

The row has the natural key of the message's, so the two become one; the payload says again what it said.

Source: wire/sigfox.md 1.2, 1.4.
"""

from collections.abc import Mapping
from typing import Any

from telltale.contract import Reject
from telltale.sources.sigfox.callback import number
from telltale.sources.sigfox.fields import is_absent

QUALITIES = ("limit", "average", "good", "excellent")
_NONE = ("na", "4")


def enriched(lqi: str | None, structured: Mapping[str, Any], rejects: list[Reject]) -> dict[str, str | float | None]:
    """The columns of `uplink` that this says something of; what is not understood is appended to `rejects`."""
    told: dict[str, str | float | None] = {"link_quality": _quality(lqi, rejects)}
    told.update(_best(structured.get("duplicates")))
    told.update(_place(structured.get("computedlocation"), rejects))
    return {name: value for name, value in told.items() if value is not None}


def _quality(text: str | None, rejects: list[Reject]) -> str | None:
    if text is None or is_absent(text) or text.lower() in _NONE:
        return None
    found = text.lower()
    if found.isdecimal() and len(found) == 1 and int(found) < len(QUALITIES):
        return QUALITIES[int(found)]
    if found in QUALITIES:
        return found
    rejects.append(Reject("field lqi", "bad_value", text[:200]))
    return None


def _best(duplicates: Any) -> dict[str, str | float | None]:
    """What the station said that heard it best."""
    entries = [entry for entry in duplicates if isinstance(entry, dict)] if isinstance(duplicates, list) else []
    heard = [(rssi, entry) for entry in entries if (rssi := _float(entry.get("rssi"))) is not None]
    if not heard:
        return {}
    rssi, entry = max(heard, key=lambda one: one[0])
    station = entry.get("bsId")
    return {
        "rssi_dbm": rssi,
        "snr_db": _float(entry.get("snr")),
        "station": station.lower() if isinstance(station, str) and _is_station(station) else None,
    }


def _place(location: Any, rejects: list[Reject]) -> dict[str, str | float | None]:
    if not isinstance(location, dict) or not location:
        return {}
    by_lower = {str(name).lower(): value for name, value in location.items()}
    lat, lon, radius = (_float(by_lower.get(name)) for name in ("lat", "lng", "radius"))
    if lat is None or lon is None:
        return {}
    if abs(lat) > 90 or abs(lon) > 180:
        rejects.append(Reject("field computedLocation", "bad_value", f"{lat} {lon}"))
        return {}
    return {"lat": lat, "lon": lon, "radius_m": radius if radius is None or radius >= 0 else None}


def _is_station(text: str) -> bool:
    return 0 < len(text) <= 8 and all(digit in "0123456789abcdefABCDEF" for digit in text)


def _float(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):  # as JSON that was read at once has them
        return float(value)
    found = number(value) if isinstance(value, str) else None
    return None if found is None or isinstance(found, bool) else float(found)

"""Time zones as Exchange takes them: by their Windows names and by some of IANA's; and times as it writes them.

Source: learn.microsoft.com, "dateTimeTimeZone resource type", which lists the names of IANA's. An alias of one that is
not there (`Europe/Kyiv`, `Asia/Calcutta`) is taken for no zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from mcp_local_graph.sandbox.graph.errors import GraphRefused

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.graph.router import Query

_PREFERENCE = "outlook.timezone"
_WINDOWS = {name.casefold(): name for name in win_tz}
_LISTED = """
    Etc/GMT+12 Etc/GMT+11 Etc/GMT+2 Etc/GMT Etc/GMT-12
    Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi Africa/Windhoek
    America/Anchorage America/Argentina/Buenos_Aires America/Asuncion America/Bahia America/Bogota America/Caracas
    America/Cayenne America/Chicago America/Chihuahua America/Cuiaba America/Denver America/Godthab America/Guatemala
    America/Halifax America/Indiana/Indianapolis America/La_Paz America/Los_Angeles America/Mexico_City
    America/Montevideo America/New_York America/Phoenix America/Regina America/Santa_Isabel America/Santiago
    America/Sao_Paulo America/St_Johns
    Asia/Almaty Asia/Amman Asia/Baghdad Asia/Baku Asia/Bangkok Asia/Beirut Asia/Colombo Asia/Damascus Asia/Dhaka
    Asia/Dubai Asia/Irkutsk Asia/Jerusalem Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Krasnoyarsk
    Asia/Magadan Asia/Novosibirsk Asia/Rangoon Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei
    Asia/Tashkent Asia/Tbilisi Asia/Tehran Asia/Tokyo Asia/Ulaanbaatar Asia/Vladivostok Asia/Yakutsk
    Asia/Yekaterinburg Asia/Yerevan
    Atlantic/Azores Atlantic/Cape_Verde Atlantic/Reykjavik
    Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Hobart Australia/Perth Australia/Sydney
    Europe/Berlin Europe/Bucharest Europe/Budapest Europe/Istanbul Europe/Kaliningrad Europe/Kiev Europe/London
    Europe/Moscow Europe/Paris Europe/Warsaw
    Indian/Mauritius
    Pacific/Apia Pacific/Auckland Pacific/Fiji Pacific/Guadalcanal Pacific/Honolulu Pacific/Kiritimati
    Pacific/Port_Moresby Pacific/Tongatapu
"""
_IANA = {name.casefold(): name for name in _LISTED.split()}


@cache
def zone(name: str) -> ZoneInfo | None:
    """The zone of a name, however it is capitalised; None where Exchange knows none of that name."""
    key = name.casefold()
    if key in _WINDOWS:
        return ZoneInfo(win_tz[_WINDOWS[key]])
    return ZoneInfo(_IANA[key]) if key in _IANA else None


def known(name: str) -> ZoneInfo:
    """The zone of a name.

    Raises:
        GraphRefused: there is none.
    """
    found = zone(name)
    if found is None:
        text = f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        raise GraphRefused(400, "TimeZoneNotSupportedException", text)
    return found


def preferred(query: Query) -> str:
    """The zone that the caller wants times in, as they called it; UTC where they did not say.

    Raises:
        GraphRefused: there is no such zone.
    """
    name = query.prefer.get(_PREFERENCE, "")
    if not name:
        return "UTC"
    known(name)
    said = f'{_PREFERENCE}="{name}"'
    if said not in query.applied:
        query.applied.append(said)
    return name


def written(moment: datetime) -> str:
    """A wall clock as Exchange writes it: seven digits behind the seconds, no offset."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.0000000"


def shown(moment: datetime, name: str, *, floating: bool = False) -> dict[str, Any]:
    """A dateTimeTimeZone. What is `floating` (a day as a whole) is the same wall clock in every zone."""
    local = moment if floating else moment.astimezone(known(name))
    return {"dateTime": written(local), "timeZone": name}


def moment(text: str, name: str) -> datetime:
    """A moment in UTC from a time as callers write it: with an offset, or without one on the clocks of a zone.

    Raises:
        ValueError: it is no time.
    """
    found = datetime.fromisoformat(_without_tail(text))
    return (found if found.tzinfo else found.replace(tzinfo=known(name))).astimezone(UTC)


def _without_tail(text: str) -> str:
    """Seven digits behind the seconds are one more than Python reads."""
    head, point, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return f"{head}{point}{digits[:6]}{tail[len(digits) :]}" if digits else text

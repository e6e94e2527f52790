"""Time zones. Graph names them as Windows does or as IANA does; here they are IANA's."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from tzlocal.windows_tz import win_tz

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

# Seconds for which the machine is taken to stay where it is: asking it reads half a dozen files.
_STAYS = 60


@lru_cache(maxsize=256)  # a name that there is not is looked for in every place there may be, each time
def known(name: str) -> ZoneInfo | None:
    """The zone of a Windows or an IANA name; None for a custom zone, and for what is no name."""
    try:
        return ZoneInfo(win_tz.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a directory, such as `Europe`
        return None


def of_machine() -> ZoneInfo:
    """The zone that this machine is set to now (it may travel); UTC where that is unclear."""
    return _of_machine(os.environ.get("TZ"), int(time.monotonic()) // _STAYS)


@lru_cache(maxsize=1)
def _of_machine(named: str | None, moment: int) -> ZoneInfo:  # noqa: ARG001 - what it is remembered for
    try:
        return known(str(tzlocal.reload_localzone())) or ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(value: Mapping[str, Any] | str | None, zone: tzinfo) -> datetime | None:
    """What Graph says as a dateTimeTimeZone, or as text with an offset, in `zone`; None where it is neither.

    A dateTimeTimeZone has seven digits of a second and no offset; its zone is UTC where it names none that we know.
    """
    text, named = (value.get("dateTime"), value.get("timeZone")) if isinstance(value, dict) else (value, "UTC")
    try:
        read = datetime.fromisoformat(str(text))
        if read.tzinfo is None:
            read = read.replace(tzinfo=known(str(named)) or UTC)
        return read.astimezone(zone)
    except (ValueError, OverflowError):  # OverflowError: Graph's moment for none is at the beginning of time
        return None


def utc(when: datetime) -> str:
    """As Graph's filters and calendar views take it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

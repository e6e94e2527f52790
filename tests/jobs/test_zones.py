"""Zones by either name, and Graph's times in them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mcp_local_graph.jobs import zones

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("GMT Standard Time", "Europe/London"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Asia/Tehran", "Asia/Tehran"),
        ("UTC", "Etc/UTC"),
    ],
)
def test_a_zone_is_known_by_its_windows_and_by_its_iana_name(name: str, key: str) -> None:
    found = zones.known(name)
    assert found is not None
    assert datetime(2026, 7, 1, tzinfo=found).utcoffset() == datetime(2026, 7, 1, tzinfo=ZoneInfo(key)).utcoffset()


@pytest.mark.parametrize("name", ["Customized Time Zone", "", "Europe", "../../etc/passwd", "/etc/passwd", "a\0b", "é"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zones.known(name) is None


def test_the_machines_zone_is_one_that_graph_understands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tehran")
    assert zones.of_machine() == ZoneInfo("Asia/Tehran")


def test_a_machine_that_does_not_know_its_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Nowhere/Atlantis")
    assert zones.of_machine() == ZoneInfo("UTC")


def test_a_time_of_graph_is_told_in_the_zone_that_is_asked_for() -> None:
    berlin = {"dateTime": "2026-03-29T03:30:00.0000000", "timeZone": "W. Europe Standard Time"}
    assert zones.moment(berlin, LONDON) == datetime(2026, 3, 29, 2, 30, tzinfo=LONDON)
    assert zones.moment("2026-11-25T09:00:00Z", LONDON) == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    unknown = {"dateTime": "2026-11-25T09:00:00.0000000", "timeZone": "Customized Time Zone"}
    assert zones.moment(unknown, LONDON) == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, {}, "", "soon", {"dateTime": None, "timeZone": "UTC"}, "0001-01-01T00:00:00+01:00"]
)
def test_what_is_no_time_is_none(value: dict[str, object] | str | None) -> None:
    assert zones.moment(value, LONDON) is None


def test_a_filter_gets_utc() -> None:
    assert zones.utc(datetime(2026, 7, 1, 9, 30, tzinfo=LONDON)) == "2026-07-01T08:30:00Z"

"""The days that the demo tenant's dates are counted from: day 0 is the day it starts, in the people's own zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Where the company sits, by its IANA name.
LONDON = ZoneInfo("Europe/London")
_STEP_MINUTES = 10
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Days:
    """A calendar around one moment, `now` in UTC. `Days.around()` makes it from the clock."""

    now: datetime

    @classmethod
    def around(cls, moment: datetime | None = None) -> Days:
        """The calendar around a moment (the present if none): the last full ten minutes, so that it can be shared."""
        given = moment or datetime.now(UTC)
        return cls(given.replace(minute=given.minute // _STEP_MINUTES * _STEP_MINUTES, second=0, microsecond=0))

    @property
    def today(self) -> date:
        """Day 0."""
        return self.now.astimezone(LONDON).date()

    def day(self, number: int) -> date:
        """The day that is `number` days after today, before it when negative."""
        return self.today + timedelta(days=number)

    def workday(self, number: int) -> date:
        """The day that is so many working days after today, whatever day that is."""
        day, step = self.today, 1 if number > 0 else -1
        for _ in range(abs(number)):
            day += timedelta(days=step)
            while day.weekday() >= _SATURDAY:
                day += timedelta(days=step)
        return day

    def weekday(self, weeks: int, weekday: int) -> date:
        """The weekday (Monday is 0) of the week that is `weeks` after the present one."""
        return self.today + timedelta(days=7 * weeks + weekday - self.today.weekday())

    def at(self, number: int | date, clock: str) -> datetime:
        """A day's `HH:MM` on the people's own clocks, in UTC; which day a number is, `said` says."""
        return datetime.combine(self._day(number), time.fromisoformat(clock), LONDON).astimezone(UTC)

    def ago(self, minutes: int) -> datetime:
        """So many minutes before the start: mail of today must not lie in the future, whenever the tenant starts."""
        return self.now - timedelta(minutes=minutes)

    def said(self, number: int | date) -> str:
        """A day as people write it (`Friday 4 December`): yesterday, tomorrow, or so many working days from today."""
        day = self._day(number)
        return f"{day:%A} {day.day} {day:%B}"

    def _day(self, number: int | date) -> date:
        if isinstance(number, date):
            return number
        return self.day(number) if abs(number) <= 1 else self.workday(number)

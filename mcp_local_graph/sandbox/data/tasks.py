"""What people have on their To Do lists, in their own words; their flagged mails come from the mailbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph.sandbox import company

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from mcp_local_graph.sandbox.data.days import Days


class Step(NamedTuple):
    """One step of a task; `done` is when it was ticked off."""

    name: str
    done: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do.

    `title` names it for ever within its list and makes its ids. `pattern` is how it repeats, as Graph's
    recurrencePattern has it.
    """

    title: str
    created: datetime
    note: str = ""
    due: date | None = None
    reminder: datetime | None = None
    important: bool = False
    begun: bool = False
    done: datetime | None = None
    categories: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    pattern: Mapping[str, Any] = field(default_factory=dict)


class TaskList(NamedTuple):
    """A list; `known` is Graph's wellknownListName."""

    name: str
    tasks: tuple[Task, ...] = ()
    known: str = "none"


def lists(user_name: str, days: Days) -> tuple[TaskList, ...]:
    """Somebody's lists, the one that everybody has first."""
    make = _LISTS.get(user_name)
    return make(days) if make else (TaskList("Tasks", known="defaultList"),)


def _ines(days: Days) -> tuple[TaskList, ...]:
    project = ("Project: Kestrel Sound",)
    tasks = (
        Task(
            title="Answer Sunniva about the charter of M/V Halcyon", created=days.at(-2, "16:05"), due=days.day(0),
            reminder=days.at(0, "15:30"), important=True, categories=project,
            note="Go or no-go is decided today at three. Her berth is kept until five.",
        ),
        Task(
            title="Bring the budget plan to the review with Zoë", created=days.at(-3, "11:20"), due=days.day(1),
            categories=project, begun=True,
            steps=(
                Step("Charter at the price of the offer", days.at(-1, "17:40")),
                Step("Fuel at the November price", days.at(-1, "17:55")),
                Step("Two days of weather standby"),
            ),
        ),
        Task(
            title="BW-MB2 0093: ask the workshop for the day it comes back", created=days.at(-5, "09:10"),
            due=days.workday(-2), note="Konrad schreibt: «Ohne das Protokoll vom Prüfstand geht es nicht zurück.»",
        ),
        Task(
            title="Seekarte 2182 bestellen", created=days.at(-6, "13:30"), due=days.workday(4),
            note="Für Konrad nach Hamburg, Ausgabe 2026. Größe A1, gefaltet.",
        ),
        Task(
            title="Responder à Gabriela sobre a feira de Lisboa", created=days.at(-4, "18:15"), due=days.workday(3),
            reminder=days.at(2, "09:00"), note="Ela precisa de saber se levamos o BW-300 ou só o vídeo.",
        ),
        Task(
            title="Haruka: 横浜の訪問日程", created=days.at(-7, "08:05"), due=days.workday(9),
            note="来週中に候補日を三つ送る。金曜日の午後は避ける。",
        ),
        Task(
            title="Timesheet", created=days.at(-30, "08:30"), due=days.weekday(0, 4), reminder=days.at(days.weekday(0, 4), "16:00"),
            pattern={"type": "weekly", "interval": 1, "daysOfWeek": ["friday"]},
        ),
        Task(
            title="Book the medical for the offshore certificate", created=days.at(-20, "10:00"), due=days.workday(14),
            note="Valid for two years. Dr Ferreira only has mornings.",
        ),
        Task(title="Read Nasrin's notes on the drift correction", created=days.at(-8, "15:00")),
        Task(
            title="Send the signed permit KSPA-2211 to Hamish", created=days.at(-7, "12:30"), due=days.workday(-4),
            done=days.at(-4, "10:20"), categories=project,
        ),
    )  # fmt: skip
    return (
        TaskList("Tasks", tasks, "defaultList"),
        TaskList(
            "Kestrel Sound: pack list",
            (
                Task(
                    title="Two BW-300, one as a spare", created=days.at(-9, "14:00"), important=True,
                    due=days.weekday(2, 0), note="Priya: den ene har fått ny pakning, prøv den i tanken først.",
                ),
                Task(
                    title="Winch cable, 200 m", created=days.at(-9, "14:02"), due=days.weekday(2, 0),
                    steps=(Step("Measure the old one"), Step("Shackles"), Step("Spare drum")),
                ),
                Task(title="Safety data sheets, printed", created=days.at(-9, "14:03"), done=days.at(-1, "12:10")),
            ),
        ),
    )  # fmt: skip


def _tomasz(days: Days) -> tuple[TaskList, ...]:
    return (
        TaskList(
            "Tasks",
            (
                Task(title="Sign the charter party", created=days.at(-1, "09:00"), due=days.day(1), important=True),
                Task(
                    title="Appraisals: dates for Ines, Nasrin, Konrad", created=days.at(-9, "08:50"),
                    due=days.workday(8), steps=(Step("Ines", days.at(-2, "11:00")), Step("Nasrin"), Step("Konrad")),
                ),
                Task(title="Zadzwonić do Bartka w sprawie łodzi", created=days.at(-3, "19:00"), due=days.day(0)),
            ),
            "defaultList",
        ),
        TaskList("Hiring", (Task(title="Advert for Lev's successor", created=days.at(-12, "10:00"), begun=True),)),
    )  # fmt: skip


def _ines_at_home(days: Days) -> tuple[TaskList, ...]:
    return (
        TaskList(
            "Tasks",
            (
                Task(
                    title="Telescope for Mum", created=days.at(-3, "21:04"), due=days.workday(5),
                    reminder=days.at(2, "18:00"), note="Kofi pays half: 140. O da loja, não o da internet.",
                ),
                Task(title="Pencil for the Fauré rehearsal", created=days.at(-1, "12:10"), due=days.day(1)),
                Task(title="Renew the passport", created=days.at(-15, "20:00"), done=days.at(-5, "18:12")),
            ),
            "defaultList",
        ),
        TaskList("Mercado", (Task(title="Bacalhau", created=days.at(-1, "19:00")),
                             Task(title="Azeite, 1 l", created=days.at(-1, "19:00")))),
    )  # fmt: skip


_LISTS: Mapping[str, Callable[[Days], tuple[TaskList, ...]]] = {
    company.INES.user_name: _ines,
    company.TOMASZ.user_name: _tomasz,
    company.INES_AT_HOME.user_name: _ines_at_home,
}

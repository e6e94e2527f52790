"""Results as data: the same texts, cleaned alike, as their schema says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence  # noqa: TC003 - the schema is made of the annotations
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import jsonschema
import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_local_graph.safety.labels import TRUSTED, Label
from mcp_local_graph.safety.untrusted import Links, Untrusted, line, prose
from mcp_local_graph.server import boundary, build, structure
from mcp_local_graph.tools.account import account_status
from mcp_local_graph.tools.needs import Effect, Image, Reading, Toolset
from mcp_local_graph.tools.profile import PROFILE
from tests import support
from tests.safety.strings import HOSTILE, WRITING, Hostile, hidden_in, rendered_in
from tests.server.hosts import ERAS, hosted

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant


class Kind(StrEnum):
    """Kinds of days."""

    FREE = "free"


@dataclass(frozen=True)
class Day:
    """A day of a calendar."""

    when: date
    kind: Kind = Kind.FREE
    texts: tuple[Untrusted | None, ...] = ()


@dataclass(frozen=True)
class Agenda(Reading):
    """Every type that a result may have."""

    title: Untrusted
    raw: str = ""
    days: Sequence[Day] = ()
    at: datetime | None = None
    opens: time = time(9)
    long: timedelta = timedelta(minutes=30)
    share: float = 0.5
    open: bool = True
    level: Literal["low", "high"] = "low"
    counts: Mapping[str, int] = field(default_factory=dict)
    other: Any = None
    links: Links = field(default_factory=Links)
    picture: Image | None = None
    content: bytes = b""
    _inner: str = "not told"

    def lines(self) -> list[str]:
        return [self.title]

    def notes(self) -> list[str]:
        return ["Ask for more."]

    def label(self) -> Label:
        return TRUSTED


TRIAL = Toolset("trial", "Tools that only these tests have")


@TRIAL.tool("Show agenda", effect=Effect.READ)
async def trial_agenda() -> Agenda:
    """Show an agenda."""
    return agenda()


def agenda(title: Untrusted | None = None) -> Agenda:
    links = Links()
    links.add("https://a.example/x")
    return Agenda(
        title=title or line("Tea\u200b"),
        raw="![x](https://evil.example)\u200b",
        days=[Day(date(2026, 11, 25), texts=(prose("a\u00ad\nb"), None))],
        at=datetime(2026, 11, 25, 9, tzinfo=UTC),
        counts={"a\u200b": 1},
        links=links,
        picture=Image(b"x", "image/png"),
        content=b"x",
    )


def test_the_fields_are_told_and_bytes_and_what_is_private_are_not() -> None:
    assert structure.content(agenda(), ["n"]) == {
        "title": "Tea",
        "raw": "! [x] ([evil.example])",
        "days": [{"when": "2026-11-25", "kind": "free", "texts": ["a\nb", None]}],
        "at": "2026-11-25T09:00:00+00:00",
        "opens": "09:00:00",
        "long": 1800.0,
        "share": 0.5,
        "open": True,
        "level": "low",
        "counts": {"a": 1},
        "other": None,
        "links": ["[1] `https://a.example/x`"],
        "ifc": {"integrity": "trusted", "confidentiality": "private"},
        "notes": ["n"],
    }


def test_the_schema_says_what_there_is() -> None:
    schema = structure.schema(trial_agenda)
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(
        {**schema, "additionalProperties": False, "required": [*schema["properties"]]}
    )
    checker.validate(structure.content(agenda(), ["n"]))
    day = schema["properties"]["days"]["items"]["properties"]
    assert day["texts"]["items"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert schema["properties"]["level"] == {"enum": ["low", "high"]}
    assert not checker.is_valid({**structure.content(agenda(), []), "share": "x"})


def test_what_reads_nothing_has_no_schema() -> None:
    assert structure.schema(account_status) is None


def test_hidden_characters_are_counted_wherever_they_were() -> None:
    assert structure.hidden(agenda()) == 2
    assert structure.hidden({"a": [line("\u200bx")], "b": {line("y\u00ad")}}) == 2


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.name.replace(" ", "-"))
def test_data_is_as_harmless_as_text(hostile: Hostile) -> None:
    told = structure.content(Agenda(line(hostile.text), raw=hostile.text, counts={hostile.text: 1}), [])
    for text in (told["title"], told["raw"], *told["counts"]):
        assert rendered_in(text) == []
        assert [each for each in hidden_in(text) if each not in hidden_in(hostile.visible)] == []


@pytest.mark.parametrize("language", WRITING)
def test_writing_comes_through_as_it_is(language: str) -> None:
    assert structure.content(Agenda(line(WRITING[language]), raw=WRITING[language]), [])["raw"] == WRITING[language]


def test_text_is_sent_with_it() -> None:
    result = boundary.rendered(agenda(), structured=True)
    (block, *_) = result.content
    assert isinstance(block, TextContent)
    assert "\nTea\n" in block.text
    assert result.structured_content is not None
    assert result.structured_content["notes"] == ["Ask for more.", "2 hidden characters were taken out."]
    assert json.loads(result.model_dump_json(by_alias=True))["structuredContent"]["title"] == "Tea"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_host_gets_schemas_and_data_only_where_they_are_wanted(
    tenant: DemoTenant, tmp_path: Path, era: str
) -> None:
    services = support.services(tenant, tmp_path)
    async with Client(build.server(TRIAL.tools, services, structured=True), mode=era) as client:
        (tool,) = (await client.list_tools()).tools
        assert tool.output_schema == structure.schema(trial_agenda)
        result = await client.call_tool("trial_agenda")  # the client checks it against the schema
        assert result.structured_content is not None
        assert result.structured_content["title"] == "Tea"
    async with Client(build.server(TRIAL.tools, services), mode=era) as client:
        (tool,) = (await client.list_tools()).tools
        assert tool.output_schema is None
        assert (await client.call_tool("trial_agenda")).structured_content is None


@pytest.mark.anyio
async def test_an_answer_that_asks_the_person_to_sign_in_is_valid_too(tenant: DemoTenant, tmp_path: Path) -> None:
    async with hosted(support.services(tenant, tmp_path), "legacy", "none") as host:
        words = await host.text("profile_get")
    served = build.server(PROFILE.tools, support.services(tenant, tmp_path / "other"), structured=True)
    async with Client(served, mode="legacy") as client:
        result = await client.call_tool("profile_get")
    assert isinstance(result, CallToolResult)
    assert result.structured_content is not None
    assert result.structured_content["notes"][0].split("http")[0] == words.split("http")[0]

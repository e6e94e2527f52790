"""Results as JSON, on request: the same things, cleaned in the same way, as their schemas say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    from tests.tools.desk import Desk

pytestmark = pytest.mark.anyio
CALLS: dict[str, dict[str, Any]] = {
    "profile_get": {},
    "briefing": {},
    "mail_search": {"query": "budget"},
    "mail_folders": {},
    "calendar_list": {"days": 3},
    "calendar_free": {"people": ["tomasz.halloran@brackwater.example"]},
    "people_find": {"query": "marit", "manager": True},
    "graph_get": {"path": "/me/calendars"},
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_result_is_what_its_schema_says(office: Desk, name: str) -> None:
    async with office.open(structured=True) as client:
        schema = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}[name]
        result = await client.call_tool(name, CALLS[name])
    assert schema is not None
    assert result.structured_content is not None
    jsonschema.Draft202012Validator(schema).validate(result.structured_content)
    assert result.structured_content["ifc"]["confidentiality"] == "private"
    assert "://" not in json.dumps(result.structured_content)


async def test_both_kinds_of_result_of_reading_mail_have_a_schema(office: Desk) -> None:
    async with office.open(structured=True) as client:
        schema = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}["mail_read"]
        found = await office.ask("mail_search", query="budget")
        for thread in (False, True):
            result = await client.call_tool("mail_read", {"ref": found.handle("m"), "thread": thread})
            assert schema is not None
            assert result.structured_content is not None
            jsonschema.Draft202012Validator(schema).validate(result.structured_content)
            assert result.structured_content["posts" if thread else "sender"]


async def test_without_asking_there_are_neither_schemas_nor_structures(office: Desk) -> None:
    async with office.open() as client:
        assert [tool.name for tool in (await client.list_tools()).tools if tool.output_schema] == []
        assert (await client.call_tool("briefing", {})).structured_content is None

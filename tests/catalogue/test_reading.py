"""Which permission a path takes, against Microsoft's table."""

from __future__ import annotations

import re

import pytest

from mcp_local_graph.catalogue.reading import scope_for
from mcp_local_graph.catalogue.scopes import SCOPES
from tests.tools import referee

shared = pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)


def needed(path: str) -> str:
    return scope_for([re.sub(r"\(.*|:$", "", segment) for segment in path.lower().strip("/").split("/")])


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/me", "User.Read"),
        ("/me/messages", "Mail.Read"),
        ("/me/messages/1/attachments", "Mail.Read"),
        ("/me/mailFolders/inbox/messages", "Mail.Read"),
        ("/users/support@example.com/messages", "Mail.Read.Shared"),
        ("/me/mailboxSettings", "MailboxSettings.Read"),
        ("/me/events", "Calendars.Read"),
        ("/users/a@example.com/calendars/1/events", "Calendars.Read.Shared"),
        ("/me/contacts", "Contacts.Read"),
        ("/me/people", "People.Read"),
        ("/users", "User.ReadBasic.All"),
        ("/users/1", "User.ReadBasic.All"),
        ("/users/1/manager", "User.Read.All"),
        ("/me/manager", "User.Read.All"),
        ("/me/directReports", "User.Read"),
        ("/me/drive/root/children", "Files.Read"),
        ("/drives/1/items/2", "Files.Read.All"),
        ("/me/drive/items/1/workbook/worksheets", "Files.ReadWrite"),
        ("/sites/1/lists/2/items", "Sites.Read.All"),
        ("/me/onenote/pages", "Notes.Read"),
        ("/me/todo/lists/1/tasks", "Tasks.Read"),
        ("/me/planner/tasks", "Tasks.Read"),
        ("/me/chats", "Chat.Read"),
        ("/chats/1/messages", "Chat.Read"),
        ("/me/joinedTeams", "Team.ReadBasic.All"),
        ("/teams/1/channels", "Channel.ReadBasic.All"),
        ("/teams/1/channels/2/messages", "ChannelMessage.Read.All"),
        ("/groups", "Group.Read.All"),
        ("/groups/1/members", "GroupMember.Read.All"),
        ("/devices", "Device.Read.All"),
        ("/auditLogs/signIns", "AuditLog.Read.All"),
        ("/identity/conditionalAccess/policies", "Policy.Read.All"),
        ("/deviceManagement/managedDevices", "DeviceManagementManagedDevices.Read.All"),
        ("/security/alerts_v2", "SecurityAlert.Read.All"),
        ("/subscribedSkus", "LicenseAssignment.Read.All"),
        ("/me/activities", ""),
        ("/somethingNew", ""),
        ("/", ""),
    ],
)
def test_paths_that_people_ask_for(path: str, scope: str) -> None:
    assert needed(path) == scope


@shared
def test_each_permission_is_one() -> None:
    known = referee.permissions()
    named = {needed(path) for path in referee.load("permissions")["paths"]} - {""}
    assert len(named) > 40
    assert named <= known.keys()


@shared
def test_who_grants_each_permission_is_known() -> None:
    named = {needed(path) for path in referee.load("permissions")["paths"]} - {""}
    assert named <= SCOPES.keys()


@shared
def test_of_all_paths_that_a_rule_knows_it_is_right_for_nearly_every_one() -> None:
    """The table has no `.Shared` permissions, of mailboxes that others share: those are Exchange's matter too."""
    paths = [path for path, methods in referee.load("permissions")["paths"].items() if "GET" in methods]
    known = {path: scope.removesuffix(".Shared") for path in paths if (scope := needed(path))}
    wrong = [path for path, scope in known.items() if scope not in referee.sufficient(path)]
    assert len(known) > 1500
    assert len(wrong) / len(known) < 0.05

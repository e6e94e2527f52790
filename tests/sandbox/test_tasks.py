"""To Do: the lists, the tasks in them, and what the service does not take there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.rig import MOMENT
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig

HOME = company.INES_AT_HOME.user_name
LISTS = "/v1.0/me/todo/lists"


def read(rig: Rig, path: str, scope: str = "Tasks.Read", account: str | None = None) -> dict[str, Any]:
    token = rig.bearer([scope], account, tenant="consumers" if account == HOME else None)
    answer = rig.graph(path, token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def tasks_path(rig: Rig, wanted: str = "defaultList") -> str:
    lists = read(rig, LISTS)["value"]
    return f"{LISTS}/{next(one['id'] for one in lists if one['wellknownListName'] == wanted)}/tasks"


@pytest.mark.parametrize("scope", ["Tasks.Read", "Tasks.ReadWrite"])
@pytest.mark.parametrize("account", [None, HOME])
def test_everybody_has_a_list_of_tasks_one_of_flagged_mail_and_their_own(
    rig: Rig, scope: str, account: str | None
) -> None:
    page = read(rig, LISTS, scope, account)
    assert [one["wellknownListName"] for one in page["value"]] == ["defaultList", "none", "flaggedEmails"]
    assert page["@odata.context"].endswith("/todo/lists")
    assert all(one["@odata.etag"].startswith('W/"') and one["isOwner"] for one in page["value"])


def test_lists_and_tasks_need_their_own_permission(rig: Rig) -> None:
    token = rig.bearer(["Mail.Read"])
    assert refusal(rig.graph(LISTS, token)) == (403, "accessDenied")


def test_who_has_no_mailbox_has_no_tasks(rig: Rig) -> None:
    answer = rig.graph(LISTS, rig.bearer(["Tasks.Read"], company.RUI.user_name))
    assert refusal(answer) == (404, "MailboxNotEnabledForRESTAPI")


def test_nobody_reads_the_tasks_of_others(rig: Rig) -> None:
    token = rig.bearer(["Tasks.Read"])
    answer = rig.graph(f"/v1.0/users/{company.TOMASZ.user_name}/todo/lists", token)
    assert refusal(answer) == (400, "invalidRequest")
    assert rig.graph(f"/v1.0/users/{company.INES.user_name}/todo/lists", token).status_code == 200


def test_a_task_has_only_the_properties_that_were_filled_in(rig: Rig) -> None:
    tasks = read(rig, f"{tasks_path(rig)}?$top=50")["value"]
    assert 8 <= len(tasks) <= 20
    bare = min(tasks, key=len)
    assert bare.keys() == {
        *("@odata.etag", "importance", "isReminderOn", "status", "title", "createdDateTime", "lastModifiedDateTime"),
        *("hasAttachments", "categories", "id", "body"),
    }
    assert all(("completedDateTime" in one) == (one["status"] == "completed") for one in tasks)
    assert all(("reminderDateTime" in one) == one["isReminderOn"] for one in tasks)
    assert {one["body"]["contentType"] for one in tasks} == {"text"}


def test_tasks_are_due_around_the_day_the_tenant_starts(rig: Rig) -> None:
    today = MOMENT.date()
    open_ones = read(rig, f"{tasks_path(rig)}?$filter=status ne 'completed'&$top=50")["value"]
    due = [one["dueDateTime"]["dateTime"][:10] for one in open_ones if "dueDateTime" in one]
    assert f"{today}" in due
    assert min(due) < f"{today}" < max(due) < f"{today + timedelta(days=30)}"


def test_tasks_are_filtered_ordered_and_come_in_pages(rig: Rig) -> None:
    path = f"{tasks_path(rig)}?$filter=status ne 'completed'&$orderby=createdDateTime desc&$top=3&$count=true"
    first = read(rig, path)
    rest = read(rig, first["@odata.nextLink"].removeprefix(rig.tenant.graph_url))
    both = [*first["value"], *rest["value"]]
    assert first["@odata.count"] > len(first["value"]) == 3
    assert not any(one["status"] == "completed" for one in both)
    assert [one["createdDateTime"] for one in both] == sorted((one["createdDateTime"] for one in both), reverse=True)
    assert len({one["id"] for one in both}) == len(both)


def test_a_task_is_read_alone_with_its_steps(rig: Rig) -> None:
    path = tasks_path(rig)
    token = rig.bearer(["Tasks.Read"])
    expanded = rig.graph(f"{path}?$expand=checklistItems&$top=50", token).json()["value"]
    task = next(one for one in expanded if one["checklistItems"])
    steps = rig.graph(f"{path}/{task['id']}/checklistItems", token).json()["value"]
    assert steps == task["checklistItems"]
    assert {one["isChecked"] for one in steps} == {True, False}
    assert all(("checkedDateTime" in one) == one["isChecked"] for one in steps)
    one = rig.graph(f"{path}/{task['id']}/checklistItems/{steps[0]['id']}", token).json()
    assert one["displayName"] == steps[0]["displayName"]
    assert rig.graph(f"{path}/{task['id']}", token).json()["title"] == task["title"]


def test_flagged_mails_are_tasks_that_link_to_their_mail(rig: Rig) -> None:
    flagged = read(rig, f"{tasks_path(rig, 'flaggedEmails')}?$expand=linkedResources&$top=50")["value"]
    mails = read(rig, "/v1.0/me/messages?$filter=flag/flagStatus eq 'flagged'&$top=50", "Mail.Read")["value"]
    assert {one["title"] for one in flagged if one["status"] == "notStarted"} == {one["subject"] for one in mails}
    assert {one["linkedResources"][0]["externalId"] for one in flagged} >= {one["id"] for one in mails}


@pytest.mark.parametrize("name", ["title", "nosuchthing"])
def test_the_names_of_tasks_cannot_be_selected(rig: Rig, name: str) -> None:
    answer = rig.graph(f"{tasks_path(rig)}?$select=id,{name}", rig.bearer(["Tasks.Read"]))
    assert refusal(answer) == (400, "RequestBroker--ParseUri")
    assert f"'{name}'" in answer.json()["error"]["message"]


def test_a_select_that_is_taken_changes_nothing(rig: Rig) -> None:
    assert read(rig, f"{LISTS}?$select=id")["value"] == read(rig, LISTS)["value"]


def test_a_list_is_found_by_its_name_but_not_by_that_name_above_a_task(rig: Rig) -> None:
    lists = read(rig, f"{LISTS}?$filter=displayName eq 'Tasks'")["value"]
    assert [one["wellknownListName"] for one in lists] == ["defaultList"]
    assert read(rig, f"{LISTS}/Tasks")["id"] == lists[0]["id"]
    task = read(rig, f"{LISTS}/tasks/tasks")["value"][0]
    answer = rig.graph(f"{LISTS}/tasks/tasks/{task['id']}", rig.bearer(["Tasks.Read"]))
    assert refusal(answer) == (400, "invalidRequest")


def test_a_task_is_not_there_in_another_list(rig: Rig) -> None:
    task = read(rig, tasks_path(rig))["value"][0]
    answer = rig.graph(f"{tasks_path(rig, 'none')}/{task['id']}", rig.bearer(["Tasks.Read"]))
    assert refusal(answer) == (400, "invalidRequest")


@pytest.mark.parametrize(
    ("list_id", "expected"), [("nonsense", (400, "invalidRequest")), ("AAMk" + "A" * 100, (404, "itemNotFound"))]
)
def test_a_list_that_is_none_is_refused(rig: Rig, list_id: str, expected: tuple[int, str]) -> None:
    answer = rig.graph(f"{LISTS}/{list_id}/tasks", rig.bearer(["Tasks.Read"]))
    assert refusal(answer) == expected

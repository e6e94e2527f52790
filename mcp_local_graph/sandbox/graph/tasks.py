"""To Do: lists, tasks, and the steps and links of tasks.

What the service does not take, and its codes, are those that people report: on github.com/microsoftgraph, issues 11103
and 16787 of microsoft-graph-docs, 2743 and 3735 of microsoft-graph-explorer-v4.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcp_local_graph.sandbox.data import ids
from mcp_local_graph.sandbox.data.tasks import Step, Task, TaskList, lists
from mcp_local_graph.sandbox.graph import mailboxes, odata
from mcp_local_graph.sandbox.graph.errors import GraphRefused
from mcp_local_graph.sandbox.graph.mail.store import is_id, time_text, web_link, zoned
from mcp_local_graph.sandbox.graph.odata import ABSENT
from mcp_local_graph.sandbox.graph.router import LIST, ONE, Query, Workload, names
from mcp_local_graph.sandbox.graph.types import define

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from mcp_local_graph.sandbox.company import Account
    from mcp_local_graph.sandbox.graph.odata.rules import Item

TASKS = Workload(denied="accessDenied", under=("/me", "/users/{id}"))
_READ = "Tasks.Read Tasks.ReadWrite"
_LIST = LIST - {"$search"}

_TASK_LIST = define(
    "todoTaskList",
    "displayName:text isOwner:bool isShared:bool wellknownListName:none|defaultList|flaggedEmails id:id",
)
_TASK = define(
    "todoTask",
    """importance:low|normal|high isReminderOn:bool
    status:notStarted|inProgress|completed|waitingOnOthers|deferred title:text createdDateTime:time
    lastModifiedDateTime:time hasAttachments:bool categories:*text id:id body:itemBody bodyLastModifiedDateTime:time
    completedDateTime:dateTimeTimeZone dueDateTime:dateTimeTimeZone startDateTime:dateTimeTimeZone
    reminderDateTime:dateTimeTimeZone recurrence:patternedRecurrence""",
)
_STEP = define("checklistItem", "displayName:text createdDateTime:time checkedDateTime:time isChecked:bool id:id")
_LINK = define("linkedResource", "webUrl:text applicationName:text displayName:text externalId:id id:id")
# Names that the service has since it calls them something else inside.
_RENAMED = frozenset({"title", "displayName"})


def _where_filled(*properties: str) -> dict[str, Callable[[Query, Item], object]]:
    """Properties that an answer has only where they were filled in."""
    return {name: partial(_filled, name) for name in properties}


def _filled(name: str, _query: Query, item: Item) -> object:
    return item.get(name, ABSENT)


_STEPS = odata.Rules(
    type=_STEP,
    dialect=odata.TODO,
    default=tuple(_STEP.properties),
    compute=_where_filled("checkedDateTime"),
)
_LINKS = odata.Rules(type=_LINK, dialect=odata.TODO, default=tuple(_LINK.properties))
_LISTS = odata.Rules(
    type=_TASK_LIST,
    dialect=odata.TODO,
    default=tuple(_TASK_LIST.properties),
    page=16,
    filterable=frozenset({"displayName", "wellknownListName"}),
    annotate=lambda _query, item: {"@odata.etag": item["_etag"]},
)
_TASKS = odata.Rules(
    type=_TASK,
    dialect=odata.TODO,
    default=tuple(_TASK.properties),
    filterable=frozenset(
        names(
            """status importance title isReminderOn createdDateTime lastModifiedDateTime dueDateTime/dateTime
            completedDateTime/dateTime"""
        )
    ),
    sortable=frozenset(names("status importance createdDateTime lastModifiedDateTime dueDateTime/dateTime")),
    lambdas=frozenset({"categories"}),
    compute=_where_filled(
        *names("bodyLastModifiedDateTime completedDateTime dueDateTime startDateTime reminderDateTime recurrence")
    ),
    annotate=lambda _query, item: {"@odata.etag": item["_etag"]},
    expands={
        "checklistItems": odata.Expand(rules=_STEPS, of=lambda _query, item: list(item["_steps"])),
        "linkedResources": odata.Expand(rules=_LINKS, of=lambda _query, item: list(item["_links"])),
    },
)


@TASKS.get("/todo/lists", scopes=_READ, options=_LIST - {"$skip", "$expand"})
def task_lists(query: Query) -> dict[str, Any]:
    """All lists."""
    account = _owner(query)
    items = [_list(account, one) for one in _all_lists(query, account)]
    return odata.collection(_without_select(query, _LISTS), _LISTS, items, _context(account))


@TASKS.get("/todo/lists/{id}", scopes=_READ)
def task_list(query: Query) -> dict[str, Any]:
    """One list."""
    account = _owner(query)
    item = _list(account, _found_list(query, account))
    return odata.entity(_without_select(query, _LISTS), _LISTS, item, _context(account))


@TASKS.get("/todo/lists/{id}/tasks", scopes=_READ, options=_LIST)
def tasks(query: Query) -> dict[str, Any]:
    """The tasks of a list."""
    account = _owner(query)
    found = _found_list(query, account)
    items = _tasks(query, account, found)
    return odata.collection(_without_select(query, _TASKS), _TASKS, items, _context(account, found))


@TASKS.get("/todo/lists/{id}/tasks/{id}", scopes=_READ, options=ONE | {"$expand"})
def task(query: Query) -> dict[str, Any]:
    """One task."""
    account, found, item = _found_task(query)
    return odata.entity(_without_select(query, _TASKS), _TASKS, item, _context(account, found))


@TASKS.get("/todo/lists/{id}/tasks/{id}/checklistItems", scopes=_READ, options=_LIST - {"$expand"})
def steps(query: Query) -> dict[str, Any]:
    """The steps of a task."""
    account, found, item = _found_task(query)
    return odata.collection(query, _STEPS, item["_steps"], _context(account, found, item, "checklistItems"))


@TASKS.get("/todo/lists/{id}/tasks/{id}/checklistItems/{id}", scopes=_READ)
def step(query: Query) -> dict[str, Any]:
    """One step."""
    account, found, item = _found_task(query)
    return odata.entity(query, _STEPS, _one_of(item["_steps"], query), _context(account, found, item, "checklistItems"))


@TASKS.get("/todo/lists/{id}/tasks/{id}/linkedResources", scopes=_READ, options=_LIST - {"$expand"})
def links(query: Query) -> dict[str, Any]:
    """Where a task came from."""
    account, found, item = _found_task(query)
    return odata.collection(query, _LINKS, item["_links"], _context(account, found, item, "linkedResources"))


@TASKS.get("/todo/lists/{id}/tasks/{id}/linkedResources/{id}", scopes=_READ)
def link(query: Query) -> dict[str, Any]:
    """One place that a task came from."""
    account, found, item = _found_task(query)
    return odata.entity(
        query, _LINKS, _one_of(item["_links"], query), _context(account, found, item, "linkedResources")
    )


def _owner(query: Query) -> Account:
    """Whose lists; nobody reads those of others."""
    own = {query.account.oid, query.account.user_name}
    if query.whose and query.whose.lower() not in own:
        raise GraphRefused(400, "invalidRequest", "Invalid request")
    return mailboxes.owner(query, {}).account


def _without_select(query: Query, rules: odata.Rules) -> Query:
    """The service reads $select by names of its own, and then shows everything.

    Raises:
        GraphRefused: it has no such name.
    """
    options = dict(query.options)
    known = rules.type.properties.keys() - _RENAMED
    for name in filter(None, options.pop("$select", "").split(",")):
        if name.strip() not in known:
            raise rules.dialect.no_property(name.strip(), rules.type.name, "")
    return replace(query, options=options)


def _all_lists(query: Query, account: Account) -> list[TaskList]:
    return [*lists(account.user_name, query.state.days), TaskList("Flagged Emails", known="flaggedEmails")]


def _found_list(query: Query, account: Account) -> TaskList:
    wanted = query.ids[0]
    for one in _all_lists(query, account):
        # The first one goes by its name, too, but for reading one task in it.
        if wanted == _list_id(account, one) or (one.known == "defaultList" and wanted.lower() == "tasks"):
            return one
    if not is_id(wanted):
        raise GraphRefused(400, "invalidRequest", "Invalid request")
    raise _not_found()


def _found_task(query: Query) -> tuple[Account, TaskList, Item]:
    account = _owner(query)
    found = _found_list(query, account)
    for item in _tasks(query, account, found):
        if item["id"] == query.ids[1] and query.ids[0] == _list_id(account, found):
            return account, found, item
    raise GraphRefused(400, "invalidRequest", "Parent folder specified does not contain a Task with given Id")


def _one_of(items: Sequence[Item], query: Query) -> Item:
    for one in items:
        if one["id"] == query.ids[2]:
            return one
    raise _not_found()


def _not_found() -> GraphRefused:
    return GraphRefused(404, "itemNotFound", "The specified object was not found in the store.")


def _context(account: Account, above: TaskList | None = None, item: Item | None = None, last: str = "") -> str:
    path = f"users('{account.oid}')/todo/lists"
    if above is not None:
        path += f"('{quote(_list_id(account, above))}')/tasks"
    return f"{path}('{quote(item['id'])}')/{last}" if item is not None else path


def _list_id(account: Account, one: TaskList) -> str:
    return ids.folder(account.oid, f"tasks:{one.name}")


def _list(account: Account, one: TaskList) -> Item:
    return {
        "_etag": _etag(account, one.name),
        "displayName": one.name,
        "isOwner": True,
        "isShared": False,
        "wellknownListName": one.known,
        "id": _list_id(account, one),
    }


def _tasks(query: Query, account: Account, one: TaskList) -> list[Item]:
    if one.known == "flaggedEmails":
        return _flagged(query, account)
    # The last one that was made comes first.
    made = sorted(one.tasks, key=lambda each: each.created, reverse=True)
    return [_task(account, one, each) for each in made]


def _task(account: Account, above: TaskList, one: Task) -> Item:
    key = f"task:{above.name}:{one.title}"
    status = "completed" if one.done else "inProgress" if one.begun else "notStarted"
    changed = max(filter(None, (one.created, one.done, *(step.done for step in one.steps))))
    item: dict[str, Any] = {
        "_etag": _etag(account, key),
        "_steps": [_step(one, step) for step in one.steps],
        "_links": [],
        "importance": "high" if one.important else "normal",
        "isReminderOn": one.reminder is not None,
        "status": status,
        "title": one.title,
        "createdDateTime": time_text(one.created),
        "lastModifiedDateTime": time_text(changed),
        "hasAttachments": False,
        "categories": list(one.categories),
        "id": ids.item(account.oid, key),
        "body": {"content": one.note, "contentType": "text"},
    }
    if one.note:
        item["bodyLastModifiedDateTime"] = item["createdDateTime"]
    if one.done:
        item["completedDateTime"] = _midnight(one.done.date())
    if one.due:
        item["dueDateTime"] = _midnight(one.due)
    if one.reminder:
        item["reminderDateTime"] = zoned(one.reminder)
    if one.pattern:
        item["recurrence"] = _recurrence(one)
    return item


def _midnight(day: date) -> dict[str, str]:
    """A day without a time is its midnight in UTC."""
    return {"dateTime": f"{day}T00:00:00.0000000", "timeZone": "UTC"}


def _recurrence(one: Task) -> dict[str, Any]:
    return {
        "pattern": {"month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first", **one.pattern},
        "range": {
            "type": "noEnd",
            "startDate": f"{one.due or one.created:%Y-%m-%d}",
            "endDate": "0001-01-01",
            "recurrenceTimeZone": "UTC",
            "numberOfOccurrences": 0,
        },
    }


def _step(above: Task, one: Step) -> Item:
    item = {
        "displayName": one.name,
        "createdDateTime": time_text(above.created),
        "isChecked": one.done is not None,
        "id": ids.guid("step", above.title, one.name),
    }
    return item | ({"checkedDateTime": time_text(one.done)} if one.done else {})


def _flagged(query: Query, account: Account) -> list[Item]:
    """The mails that carry a flag, the newest first."""
    inside = mailboxes.mailbox(query.state, account).inside()
    mails = [one for one in inside if one.item["flag"]["flagStatus"] != "notFlagged"]
    mails.sort(key=lambda one: one.item["receivedDateTime"], reverse=True)
    return [_of_mail(account, one.id, one.item) for one in mails]


def _of_mail(account: Account, mail_id: str, mail: Item) -> Item:
    flag, key = mail["flag"], f"flagged:{mail_id}"
    item: dict[str, Any] = {
        "_etag": _etag(account, key),
        "_steps": [],
        "_links": [
            {
                "webUrl": web_link(mail_id),
                "applicationName": "Outlook",
                "displayName": mail["subject"],
                "externalId": mail_id,
                "id": ids.guid("link", mail_id),
            }
        ],
        "importance": mail["importance"],
        "isReminderOn": False,
        "status": "completed" if flag["flagStatus"] == "complete" else "notStarted",
        "title": mail["subject"],
        "createdDateTime": mail["receivedDateTime"],
        "lastModifiedDateTime": mail["receivedDateTime"],
        "hasAttachments": False,
        "categories": [],
        "id": ids.item(account.oid, key),
        "body": {"content": "", "contentType": "text"},
    }
    dates = ("completedDateTime", "dueDateTime", "startDateTime")
    return item | {name: flag[name] for name in dates if name in flag}


def _etag(account: Account, key: str) -> str:
    return f'W/"{ids.change_key(account.oid, "task", key)}"'

"""A Graph in which everything that somebody can write says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.graph.rig import http

if TYPE_CHECKING:
    from tests.graph.rig import Peer

MESSAGE = ("me", "messages", "m-1")
EVENT = ("me", "events", "e-1")


class World:
    """Answers GETs, getSchedule and `$batch` with objects whose every text is `text`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, peer: Peer) -> None:
        while head := peer.head():
            method, target, _ = head[0].split(" ", 2)
            body = json.loads(peer.body(head)) if method == "POST" else None
            peer.send(http(200, json.dumps(self._answer(target, body)).encode(), content_type="application/json"))

    def _answer(self, target: str, body: dict[str, Any] | None) -> dict[str, Any]:
        path = unquote(urlsplit(target).path).removeprefix("/v1.0")
        if path == "/$batch":
            assert body is not None
            return {
                "responses": [
                    {"id": one["id"], "status": 200, "body": self._answer("/v1.0" + one["url"], one.get("body"))}
                    for one in body["requests"]
                ]
            }
        found = self.of(path)
        if path.endswith("/getSchedule") and body is not None and isinstance(found, dict):
            seen = [{"scheduleId": one, "scheduleItems": []} for one in body["schedules"]]
            found |= {"value": found["value"] + seen} if isinstance(found.get("value"), list) else {}
        return found

    def of(self, path: str) -> dict[str, Any]:
        """What is at a path."""
        last = path.rpartition("/")[2]
        one = {
            "messages": self._message,
            "calendarView": self._event,
            "people": self._person,
            "users": self._person,
            "contacts": self._person,
            "directReports": self._person,
            "mailFolders": self._folder,
            "childFolders": self._folder,
        }
        if last in one:
            return {"value": [one[last]()]}
        if last == "getSchedule":
            return {"value": [self._unseen()]}
        return {"m-1": self._message, "e-1": self._event, "manager": self._person}.get(last, self._person)()

    def _unseen(self) -> dict[str, Any]:
        return {"scheduleId": self.text, "error": {"message": self.text, "responseCode": self.text}}

    def _who(self) -> dict[str, Any]:
        return {"emailAddress": {"name": self.text, "address": f"{self.text}@elsewhere.example"}}

    def _message(self) -> dict[str, Any]:
        return {
            "id": "m-1",
            "subject": self.text,
            "from": self._who(),
            "toRecipients": [self._who()],
            "ccRecipients": [self._who()],
            "receivedDateTime": "2026-11-25T09:12:00Z",
            "isRead": False,
            "hasAttachments": True,
            "flag": {"flagStatus": self.text},
            "bodyPreview": self.text,
            "conversationId": self.text,
            "body": {"contentType": "text", "content": self.text},
            "uniqueBody": {"contentType": "text", "content": self.text},
            "internetMessageHeaders": [{"name": "From", "value": self.text}, {"name": self.text, "value": self.text}],
            "attachments": [
                {"@odata.type": self.text, "id": "a-1", "name": self.text, "contentType": self.text, "size": 5}
            ],
            "importance": self.text,
        }

    def _event(self) -> dict[str, Any]:
        soon = datetime.now(UTC) + timedelta(hours=1)  # today or tomorrow in every zone
        return {
            "id": "e-1",
            "subject": self.text,
            "start": {"dateTime": f"{soon:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"},
            "end": {"dateTime": f"{soon + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"},
            "location": {"displayName": self.text},
            "organizer": self._who(),
            "attendees": [{**self._who(), "type": self.text, "status": {"response": self.text}}],
            "body": {"contentType": "text", "content": self.text},
            "responseStatus": {"response": self.text},
            "showAs": self.text,
            "sensitivity": self.text,
            "type": self.text,
            "isOnlineMeeting": True,
            "hasAttachments": True,
            "attachments": [
                {"@odata.type": self.text, "id": "a-1", "name": self.text, "contentType": self.text, "size": 5}
            ],
            "onlineMeeting": {"joinUrl": self.text},
            "recurrence": {
                "pattern": {"type": self.text, "interval": 1, "daysOfWeek": [self.text], "index": self.text},
                "range": {"type": "endDate", "endDate": self.text},
            },
        }

    def _person(self) -> dict[str, Any]:
        names = ("displayName", "mail", "jobTitle", "department", "officeLocation", "userPrincipalName", "mobilePhone")
        return {
            "id": "p-1",
            **dict.fromkeys((*names, "preferredLanguage", "timeZone"), self.text),
            "businessPhones": [self.text],
            "phones": [{"number": self.text}],
            "scoredEmailAddresses": [{"address": self.text}],
            "emailAddresses": [{"address": self.text}],
        }

    def _folder(self) -> dict[str, Any]:
        return {"id": "f-1", "displayName": self.text, "unreadItemCount": 1, "totalItemCount": 2}


class Busy(World):
    """Somebody in UTC with so many meetings a day, whose calendar view is as long as it is asked for."""

    def __init__(self, meetings: int) -> None:
        super().__init__("Meeting")
        today = datetime.combine(datetime.now(UTC), time(8), UTC)
        slots = ((day, number) for day in range(-3, 6) for number in range(meetings))
        self._starts = [today + timedelta(days=day, minutes=10 * number) for day, number in slots]
        self.views = 0

    def _answer(self, target: str, body: dict[str, Any] | None) -> dict[str, Any]:
        if "/mailboxSettings" in target:
            return {"timeZone": "UTC"}
        if "/calendarView" not in target:
            return super()._answer(target, body)
        self.views += 1
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        begin, end = (datetime.fromisoformat(asked[name]) for name in ("startDateTime", "endDateTime"))
        found = [{**self._event(), "id": f"{one}", **_times(one)} for one in self._starts if begin <= one < end]
        most = int(asked["$top"])
        more = {"@odata.nextLink": f"https://graph.microsoft.com{target}&$skip={most}"} if len(found) > most else {}
        return {"value": found[:most], **more}


def _times(start: datetime) -> dict[str, Any]:
    moments = {"start": start, "end": start + timedelta(minutes=10)}
    return {name: {"dateTime": f"{one:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"} for name, one in moments.items()}

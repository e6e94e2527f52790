"""Delegated permissions: what exists, who may allow it, and how a scope parameter is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_PUBLIC_URL = "https://graph.microsoft.com"
# An API of the company's own, so that tokens for somebody else than Graph exist.
STORES_API = "https://stores.brackwater.example"
OIDC = frozenset({"openid", "profile", "email", "offline_access"})


class Consent(Enum):
    """Who may allow a permission."""

    USER = "user"
    # The person could, but Microsoft's own policy for new tenants leaves it to an administrator; a personal account
    # has no administrator and decides alone.
    POLICY = "policy"
    ADMIN = "admin"


_USER = """User.Read User.ReadWrite User.ReadBasic.All Mail.Send Mail.Send.Shared Contacts.Read Files.Read
Files.ReadWrite Sites.Selected Chat.ReadBasic ChatMessage.Send ChannelMessage.Send Team.ReadBasic.All
Channel.ReadBasic.All Presence.Read Presence.Read.All Notes.Read Notes.ReadWrite MailTips.ReadBasic.Shared"""
_POLICY = """People.Read Mail.ReadBasic Mail.Read Mail.ReadWrite Mail.ReadBasic.Shared Mail.Read.Shared
Mail.ReadWrite.Shared MailboxSettings.Read MailboxSettings.ReadWrite MailboxFolder.Read MailboxFolder.ReadWrite
MailboxItem.Read Calendars.ReadBasic Calendars.Read Calendars.ReadWrite Calendars.Read.Shared Calendars.ReadWrite.Shared
Contacts.ReadWrite Contacts.Read.Shared Contacts.ReadWrite.Shared Files.Read.All Files.ReadWrite.All Sites.Read.All
Sites.ReadWrite.All Tasks.Read Tasks.ReadWrite Tasks.Read.Shared Tasks.ReadWrite.Shared Chat.Read Chat.ReadWrite
OnlineMeetings.Read OnlineMeetings.ReadWrite"""
_ADMIN = """User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All Group.Read.All
Group.ReadWrite.All GroupMember.Read.All Application.Read.All Organization.Read.All ChannelMessage.Read.All
Place.Read.All OnlineMeetingTranscript.Read.All Policy.Read.All AuditLog.Read.All Reports.Read.All
SecurityAlert.Read.All ServiceHealth.Read.All DeviceManagementManagedDevices.Read.All
DeviceManagementConfiguration.Read.All"""
# Of these, what exists for work and school accounts only.
_WORK_ONLY = """User.ReadBasic.All Mail.Send.Shared Sites.Selected Chat.ReadBasic ChatMessage.Send ChannelMessage.Send
Team.ReadBasic.All Channel.ReadBasic.All Presence.Read Presence.Read.All Mail.ReadBasic.Shared Mail.Read.Shared
Mail.ReadWrite.Shared MailboxFolder.Read MailboxFolder.ReadWrite MailboxItem.Read Calendars.ReadWrite.Shared
Contacts.Read.Shared Contacts.ReadWrite.Shared Tasks.Read.Shared Tasks.ReadWrite.Shared Chat.Read Chat.ReadWrite
OnlineMeetings.Read OnlineMeetings.ReadWrite User.Read.All User.ReadWrite.All Directory.Read.All
Directory.ReadWrite.All Group.Read.All Group.ReadWrite.All GroupMember.Read.All Organization.Read.All
ChannelMessage.Read.All Place.Read.All OnlineMeetingTranscript.Read.All AuditLog.Read.All Reports.Read.All
SecurityAlert.Read.All DeviceManagementManagedDevices.Read.All DeviceManagementConfiguration.Read.All"""

# What the registrations list, and `/.default` therefore stands for.
_STATIC = {GRAPH_PUBLIC_URL: "User.Read", STORES_API: "Inventory.Read"}
GRAPH_SCOPES = {
    name: consent
    for names, consent in ((_USER, Consent.USER), (_POLICY, Consent.POLICY), (_ADMIN, Consent.ADMIN))
    for name in names.split()
}
PERSONAL_SCOPES = frozenset(GRAPH_SCOPES).difference(_WORK_ONLY.split())
_BY_LOWER = {name.lower(): name for name in GRAPH_SCOPES}


class ScopeRefused(Exception):
    """A scope parameter that cannot be; `code` is the AADSTS number.

    Where personal accounts sign in it is `personal`: there a redirect names no number.
    """

    def __init__(self, code: int, detail: str, *, personal: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.personal = personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A scope parameter, read.

    `resource` is the audience a token would be for; `scopes` are its permissions by short name, spelt as the resource
    spells them, with `/.default` read as what the registration lists.
    """

    resource: str
    scopes: frozenset[str]
    oidc: frozenset[str]
    # What stood before the permissions, which the answer repeats: nothing, or the resource's address and a slash.
    prefix: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Everything that consent is remembered for, OpenID's scopes included."""
        prefix = "" if self.resource == GRAPH_PUBLIC_URL else f"{self.resource}/"
        return frozenset(prefix + scope for scope in self.scopes) | self.oidc


def read(text: str, graph_url: str) -> Asked:
    """Read a scope parameter; `graph_url` is this tenant's Graph, which stands for the public one.

    Raises:
        ScopeRefused: it is empty, or names what does not exist, or more than one resource.
    """
    words = text.split()
    oidc = frozenset(word for word in words if word in OIDC)
    parts = [_split(word, graph_url) for word in words if word not in OIDC]
    resources = {resource for resource, _ in parts}
    if len(resources) > 1:
        raise ScopeRefused(28000, "The scopes asked for belong to more than one resource.")
    if not words:
        raise ScopeRefused(70011, "The scope is empty.")
    resource = resources.pop() if resources else GRAPH_PUBLIC_URL
    scopes = {scope for _, scope in parts}
    if ".default" in scopes:
        if len(scopes) > 1:
            raise ScopeRefused(70011, "The scope .default stands alone.")
        scopes = {_STATIC[resource]}
    prefix = next((word[: word.rfind("/") + 1] for word in words if word not in OIDC), "")
    return Asked(resource=resource, scopes=frozenset(scopes), oidc=oidc, prefix=prefix)


def read_personal(text: str, graph_url: str) -> Asked:
    """Read a scope parameter of a personal account's sign-in, which says in its own words what does not exist.

    Reports: O365/python-o365#799, MicrosoftDocs/azure-docs#52162.

    Raises:
        ScopeRefused: as `read`; or one does not exist for such accounts.
    """
    try:
        asked = read(text, graph_url)
    except ScopeRefused as error:
        if error.code != _NO_SUCH_SCOPE:
            raise
        raise ScopeRefused(70011, f"{_NOT_VALID} The scope '{text}' does not exist.", personal=True) from error
    check_personal(asked)
    return asked


def check_personal(asked: Asked) -> None:
    """Pass, if personal accounts have all of these.

    Raises:
        ScopeRefused: they do not.
    """
    if asked.resource == GRAPH_PUBLIC_URL and (lacking := sorted(asked.scopes - PERSONAL_SCOPES)):
        names = " ".join(asked.prefix + scope for scope in lacking)
        raise ScopeRefused(70011, f"{_NOT_VALID} The scope '{names}' is not valid.", personal=True)


_NO_SUCH_SCOPE = 650053
_NOT_VALID = "The provided value for the input parameter 'scope' is not valid."


def _split(word: str, graph_url: str) -> tuple[str, str]:
    """The resource and the permission of one word, in their one spelling."""
    resource, _, name = word.rpartition("/")
    if resource.rstrip("/") in {"", GRAPH_PUBLIC_URL, graph_url, GRAPH_APP_ID}:
        if name == ".default":
            return GRAPH_PUBLIC_URL, name
        if name.lower() not in _BY_LOWER:
            raise ScopeRefused(_NO_SUCH_SCOPE, f"Microsoft Graph has no permission named {name}.")
        return GRAPH_PUBLIC_URL, _BY_LOWER[name.lower()]
    if resource != STORES_API:
        raise ScopeRefused(500011, "No resource of that name is known in this tenant.")
    return resource, name

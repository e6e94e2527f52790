"""What is never read, by whatever way it is asked for."""

from __future__ import annotations

import pytest

from mcp_local_graph.errors import RequestRefused
from mcp_local_graph.jobs.denied import check
from mcp_local_graph.jobs.graph_path import segments
from tests.tools import referee


def refusal(path: str, *options: str) -> RequestRefused:
    with pytest.raises(RequestRefused) as raised:
        check(segments(path), options)
    return raised.value


@pytest.mark.parametrize(
    "path",
    [
        "/me/authentication/methods",
        "/ME/Authentication/methods",
        "/users/ann@example.com/authentication",
        "/users/ann@example.com/authentication/phoneMethods",
        "/me/microsoft.graph.authentication",
        "/users/x/graph.authentication/passwordMethods",
        "/directoryObjects/1/microsoft.graph.user/authentication/methods",
        "/me/%61uthentication/methods",
        "/reports/authenticationMethods/userRegistrationDetails",
        "/policies/authenticationMethodsPolicy",
        "/informationProtection/bitlocker/recoveryKeys",
        "/informationProtection/bitlocker/recoveryKeys/1",
        "/directory/deviceLocalCredentials",
        "/deviceManagement/deviceConfigurations/1/getOmaSettingPlainTextValue(secretReferenceValueId='1')",
        "/me/messageRules /1",
        "/me/messageRules;v=1/1",
        "/directory/deviceLocalCredentials/1",
        "/deviceLocalCredentials/1",
        "/deviceManagement/managedDevices/1/getFileVaultKey",
        "/servicePrincipals/1/synchronization/secrets",
        "/trustFramework/keySets",
        "/subscriptions",
        "/subscriptions/1",
        "/me/chats/1/subscriptions",
        "/me/mailFolders/inbox/messageRules",
        "/users/support@example.com/mailFolders/inbox/messageRules/1",
        "/invitations",
        "/users/root:/authentication/methods",
    ],
)
def test_secrets_are_never_read(path: str) -> None:
    assert "is never read here" in refusal(path).what


@pytest.mark.parametrize(
    ("path", "option"),
    [
        ("/users", "authentication"),
        ("/me", """manager($search="it's";$expand=authentication;$search="'")"""),
        ("/users", "displayName,authentication"),
        ("/me", "authentication($expand=methods)"),
        ("/me/mailFolders", "messageRules"),
        ("/me/mailFolders", "childFolders($expand=MessageRules)"),
        ("/users", "authentication/methods/any(m:m/id eq '1')"),
        ("/users", "passwordProfile"),
        ("/deviceManagement/managedDevices", "activationLockBypassCode"),
        ("/applications", "passwordCredentials/secretText"),
        ("/directory/devices", "microsoft.graph.deviceLocalCredentialInfo/credentials"),
    ],
)
def test_nor_by_way_of_an_option(path: str, option: str) -> None:
    assert "is never read here" in refusal(path, "", option).what


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("/me/messages/1/attachments/2/$value", "attachment_read"),
        ("/me/messages/1/$value", "attachment_read"),
        ("/me/photo/$value", "attachment_read"),
        ("/me/drive/items/1/content", "attachment_read"),
        ("/me/drive/root:/a.docx:/content", "attachment_read"),
        ("/me/drive/items/1/thumbnails", "Leave it out"),
        ("/users/$count", "count=true"),
        ("/groups/1/members/$ref", "$ref"),
        ("/me/calendarView", "calendar_list"),
        ("/me/$links", "by its path"),
        ("/me/$batch", "Make one call"),
    ],
)
def test_what_another_tool_reads_is_refused_with_its_name(path: str, tool: str) -> None:
    assert tool in refusal(path).remedy


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/me/drive/root:/content/subscriptions/authentication.docx:/children", ()),
        ("/sites/contoso.example:/authentication:/lists", ()),
        ("/me/messages", ("subject", "contains(subject,'subscriptions') and contains(subject,'messageRules''s')")),
        ("/users", ("displayName,mail", "", "displayName")),
        ("/me/messages/delta", ()),
        ("/subscribedSkus", ()),
        ("/auditLogs/signIns", ("", "authenticationRequirement eq 'multiFactorAuthentication'")),
        ("/me/contentSharingSessions", ()),
    ],
)
def test_what_only_has_the_name_somewhere_is_read(path: str, options: tuple[str, ...]) -> None:
    check(segments(path), options)


@pytest.mark.skipif(not referee.DATA.is_dir(), reason=referee.ABSENT)
def test_no_path_that_microsoft_lists_leads_to_ways_of_signing_in_or_to_keys() -> None:
    words = ("/authentication/", "recoverykeys", "localcredential", "/subscriptions", "messagerules", "filevaultkey")
    known = {path: methods for path, methods in referee.load("permissions")["paths"].items() if "GET" in methods}
    paths = [path for path in known if any(word in f"{path}/" for word in words)]
    assert len(paths) > 80
    for path in paths:
        assert "is never read here" in refusal(path.replace("{value}", "1")).what

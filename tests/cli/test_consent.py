"""The message to an administrator, as a command and after a sign-in that was refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mcp_local_graph.catalogue.scopes import SCOPES, WORKLOADS, meaning
from tests.cli.rig import Ran, here, in_a_browser
from tests.support import approve, flags, without_consent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcp_local_graph.sandbox import DemoTenant

INES = "ines.okafor@brackwater.example"


def signed_in(tenant: DemoTenant, tmp_path: Path) -> list[str]:
    words = flags(tenant, tmp_path)
    assert here("login", *words, help_with=in_a_browser()).code == 0
    return words


def sent_back() -> Callable[[str], None]:
    """A person who opens the address that is shown, and comes to where only an administrator could go on."""

    def read(text: str) -> None:
        if found := re.search(r"http://localhost:\d+/start/\S+", text):
            without_consent(found[0])

    return read


def link_in(ran: Ran) -> str:
    (link,) = (line.strip() for line in ran.lines if line.startswith("  https://"))
    return link


def test_a_workload_that_needs_an_administrator_ends_in_the_message_to_send(tenant: DemoTenant, tmp_path: Path) -> None:
    words = signed_in(tenant, tmp_path)
    ran = here("login", "--add", "mail", *words, help_with=sent_back())
    assert ran.code == 4
    assert "Subject: Please approve permissions for an app" in ran.lines
    assert "  Mail.Read: read my mail" in ran.lines
    assert "  MailboxSettings.Read: read my mailbox settings, such as my time zone" in ran.lines
    assert not any(line.startswith("  User.Read:") for line in ran.lines)
    assert f"Application id: {tenant.client_id}" in ran.lines
    assert f"Account: {INES} (tenant {tenant.tenant_id})" in ran.lines
    (answer,) = (line for line in ran.lines if line.startswith("Microsoft's answer: "))
    assert re.fullmatch(r"Microsoft's answer: code AADSTS90094; correlation id [0-9a-f-]{36}; .*Z", answer)
    assert ran.err.startswith("Error: An administrator has to approve these permissions")
    # The message can be had again without asking anybody, and its link does what it says.
    again = here("consent", "mail", *words)
    assert (again.code, again.err) == (0, "")
    assert again.out in ran.out
    approve(tenant, link_in(again))
    granted = here("login", "--add", "mail", *words, help_with=in_a_browser())
    assert granted.code == 0
    assert here("consent", "mail", *words).out == "All of these permissions are granted already.\n"


def test_the_message_needs_neither_a_network_nor_an_account(tmp_path: Path) -> None:
    ran = here(
        *("consent", "calendar", "mail.send", "--state-dir", str(tmp_path), "--token-store", "memory"),
        *("--client-id", "7f2d94c6-3a18-4e5b-b0c7-1d86e5f9a203", "--tenant", "brackwater.example"),
    )
    assert (ran.code, ran.err) == (0, "")
    assert [line.split(":")[0].strip() for line in ran.lines if line.startswith("  ") and "https" not in line] == [
        "Calendars.Read",
        "Mail.Send",
        "MailboxSettings.Read",
    ]
    assert link_in(ran).startswith("https://login.microsoftonline.com/brackwater.example/v2.0/adminconsent?")
    assert "Account: my account" in ran.lines


def test_without_words_the_message_is_about_what_the_tools_may_ask_for(tenant: DemoTenant, tmp_path: Path) -> None:
    ran = here("consent", *flags(tenant, tmp_path))
    assert (ran.code, "  User.Read: sign in, and read my own profile" in ran.lines) == (0, True)


def test_a_personal_account_has_no_administrator(tenant: DemoTenant, tmp_path: Path) -> None:
    ran = here("consent", "mail", *flags(tenant, tmp_path, tenant="consumers"))
    assert "https://" not in ran.out
    assert "no administrator" in ran.out


def test_a_word_that_is_neither_a_permission_nor_a_workload_is_named(tenant: DemoTenant, tmp_path: Path) -> None:
    ran = here("consent", "Mail.Raed", *flags(tenant, tmp_path))
    assert ran.code == 2
    assert "Mail.Raed is neither a permission known here nor one of" in ran.err
    assert "calendar" in ran.err


def test_where_tokens_come_from_elsewhere_permissions_are_not_asked_for_here(tmp_path: Path) -> None:
    ran = here("consent", "--credential", "azure-cli", "--state-dir", str(tmp_path))
    assert (ran.code, ran.out) == (4, "")
    assert "not asked for here" in ran.err


@pytest.mark.parametrize("scope", sorted({*SCOPES, *(name for names in WORKLOADS.values() for name in names)}))
def test_each_permission_is_said_in_plain_words(scope: str) -> None:
    words = meaning(scope)
    assert not words.startswith("use ")
    assert "." not in words
    assert 8 < len(words) < 65


def test_a_permission_without_words_is_at_least_named() -> None:
    assert meaning("Approvals.Manage") == "use Approvals.Manage"
    assert meaning("Mail.Read.Everywhere") == "use Mail.Read.Everywhere"

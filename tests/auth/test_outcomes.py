"""Each row of the table in `auth.outcomes`: one test per thing that MSAL can answer."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import msal
import pytest
import requests

from mcp_local_graph.auth.accounts import Account
from mcp_local_graph.auth.outcomes import Pending, device_code, graph_scopes, signed_in, token_answer
from mcp_local_graph.errors import (
    LocalGraphError,
    Need,
    ServiceUnavailable,
    SignInDeclined,
    SignInFailed,
    SignInNeeded,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NEED = Need(frozenset({"User.Read"}), claims='{"a":1}', account="u.t", hint="ines@brackwater.example")


def answering(answer: object) -> Callable[[], object]:
    return lambda: answer


def raising(error: BaseException) -> Callable[[], object]:
    def call() -> object:
        raise error

    return call


def caught(call: Callable[[], object], **how: bool) -> LocalGraphError:
    with pytest.raises(LocalGraphError) as error:
        token_answer(call, NEED, **how)
    return error.value


def test_a_token_is_an_answer() -> None:
    answer = {"access_token": "EwDemo", "expires_in": 3600}
    assert token_answer(answering(answer), NEED) is answer


def test_nothing_in_the_cache_means_that_a_sign_in_is_needed() -> None:
    error = caught(answering(None))
    assert isinstance(error, SignInNeeded)
    assert error.need == NEED


def test_an_error_of_entra_is_what_the_remedies_say() -> None:
    assert type(caught(answering({"error": "access_denied", "error_codes": [65004]}))) is SignInDeclined


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "authorization_pending"},
        {"error": "slow_down"},
        {"error": "invalid_grant", "error_codes": [70016]},
    ],
)
def test_a_device_that_polls_goes_on_and_nobody_else_does(answer: dict[str, Any]) -> None:
    with pytest.raises(Pending):
        token_answer(answering(answer), NEED, polling=True)
    with pytest.raises(Pending):
        signed_in(answering(answer), NEED, polling=True)
    # Any other call would wait for ever for what never comes.
    assert isinstance(caught(answering(answer)), SignInFailed | SignInNeeded)


@pytest.mark.parametrize("answer", [{}, {"token_type": "Bearer"}, [], "text", 7, True])
def test_an_answer_without_token_and_without_error_is_none_of_entra(answer: object) -> None:
    error = caught(answering(answer))
    assert type(error) is ServiceUnavailable
    assert error.retryable


def test_an_error_of_ours_passes_through_msal_unchanged() -> None:
    own = Throttled("Wait.", retry_after=7)
    assert caught(raising(own)) is own


@pytest.mark.parametrize(
    "error",
    [
        msal.exceptions.MsalServiceError("HTTP Error: 503", error=None, error_description=None),
        requests.ConnectionError("https://login.example/?code=SECRET"),
        requests.Timeout("SECRET"),
    ],
)
def test_a_broken_network_is_no_reason_to_sign_in(error: Exception) -> None:
    ours = caught(raising(error))
    assert type(ours) is ServiceUnavailable
    assert "SECRET" not in ours.text()


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, TypeError, KeyError, AttributeError])
def test_an_answer_that_does_not_fit_the_question_ends_the_sign_in(kind: type[Exception]) -> None:
    error = caught(raising(kind("state SECRET mismatch")))
    assert type(error) is SignInFailed
    assert kind.__name__ in error.what
    assert "SECRET" not in error.text()


def test_the_account_of_a_sign_in_is_named_by_its_home() -> None:
    info = base64.urlsafe_b64encode(json.dumps({"uid": "u1", "utid": "t1"}).encode()).rstrip(b"=").decode()
    claims = {"preferred_username": "ines@brackwater.example", "tid": "t2", "sub": "s"}
    account, _ = signed_in(answering({"access_token": "x", "client_info": info, "id_token_claims": claims}), NEED)
    assert account == Account("u1.t1", "ines@brackwater.example", "t2")


@pytest.mark.parametrize("info", [None, "no base64!", "e30", base64.b64encode(b"[]").decode(), "/w=="])
def test_without_client_info_the_subject_is_the_account(info: str | None) -> None:
    answer = {"access_token": "x", "id_token_claims": {"sub": "subject", "upn": "u@p.n"}}
    account, _ = signed_in(answering({**answer, "client_info": info} if info else answer), NEED)
    assert account == Account("subject", "u@p.n", "")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "a", "upn": "b", "name": "c"}, "a"),
        ({"upn": "b", "name": "c"}, "b"),
        ({"name": "c"}, "c"),
        (None, "this account"),
    ],
)
def test_the_best_name_of_an_account_is_shown(claims: dict[str, str] | None, name: str) -> None:
    assert signed_in(answering({"access_token": "x", "id_token_claims": claims}), NEED)[0].user_name == name


def test_a_cloud_without_a_device_endpoint_is_said_to_have_none() -> None:
    with pytest.raises(SignInFailed, match="no sign-in by code") as caught_:
        device_code(raising(ValueError("You need to provide device authorization endpoint")), NEED)
    assert "browser" in caught_.value.remedy


def test_a_refusal_in_place_of_a_code_is_an_error() -> None:
    with pytest.raises(SignInDeclined):
        device_code(answering({"error": "access_denied", "interval": 5}), NEED)


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("User.Read openid profile email offline_access", {"User.Read"}),
        ("https://graph.microsoft.com/Mail.Read openid", {"Mail.Read"}),
        ("", set()),
        (None, set()),
    ],
)
def test_permissions_are_named_without_graph_and_without_openid(scope: str | None, names: set[str]) -> None:
    assert graph_scopes({"scope": scope}) == names


def test_a_token_out_of_the_cache_names_no_permissions() -> None:
    assert graph_scopes({"access_token": "x"}) == frozenset()

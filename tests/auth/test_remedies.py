from __future__ import annotations

import pytest

from mcp_local_graph.auth.remedies import BY_CODE, Actor, codes_of, error_for
from mcp_local_graph.errors import (
    AdminConsentNeeded,
    AdminNeeded,
    BlockedByPolicy,
    LocalGraphError,
    Need,
    RegistrationWrong,
    ServiceUnavailable,
    SignInDeclined,
    SignInExpired,
    SignInFailed,
    SignInNeeded,
    Throttled,
)

NEED = Need(frozenset({"Mail.Read", "User.Read"}), account="uid.utid", hint="ines@brackwater.example")
CORRELATION = "b4a65ae6-a130-49c1-b6d3-7b24b15ee250"
# Every code that a sign-in can end with, by the class of what helps.
EXPECTED: dict[type[LocalGraphError], str] = {
    SignInNeeded: """65001 50058 50089 50132 50133 50173 70043 700082 70008 700084 70000 50074 50076 50078 50097 50158
        50072 50079 53004 50055 54005""",
    SignInFailed: "70016 500133 700024",
    SignInDeclined: "65004 50199",
    SignInExpired: "70018 70019 70020 90120",
    AdminConsentNeeded: "90093 90094 90095",
    AdminNeeded: "50105 650052 650056 500011 70001 7000112",
    BlockedByPolicy: """53003 53000 53001 530003 530033 53002 50127 530032 530035 50131 53011 50053 50005 50057 50126
        50144 500021 500212 500213 50020 50034 51004 90072 16000""",
    RegistrationWrong: """50011 500113 900971 7000218 7000215 7000222 700025 9002326 9002327 700016 700011 50194 90002
        50059 50128 90038 900432 1000104 500208 9001023 9002332 90130 65002 65005 650057 90008 70011 28002 700022
        650053 70007""",
    ServiceUnavailable: "50033 90006 90012 90024 90033 50087 90090",
    Throttled: "90055 50196",
}
ROWS = [(int(code), kind) for kind, codes in EXPECTED.items() for code in codes.split()]


def answer(code: int, error: str = "invalid_grant", **more: object) -> dict[str, object]:
    return {
        "error": error,
        "error_description": f"AADSTS{code}: SOMEBODY ELSE'S WORDS. Trace ID: x Correlation ID: {CORRELATION}",
        "error_codes": [code],
        "correlation_id": CORRELATION,
        **more,
    }


@pytest.mark.parametrize(("code", "kind"), ROWS, ids=[str(code) for code, _ in ROWS])
def test_each_known_code_has_its_class_one_sentence_one_action_and_its_ids(
    code: int, kind: type[LocalGraphError]
) -> None:
    error = error_for(answer(code), NEED)
    assert type(error) is kind
    assert (error.trace.code, error.trace.correlation_id) == (f"AADSTS{code}", CORRELATION)
    assert error.what.endswith(".")
    assert error.remedy.endswith((".", "`."))
    assert "SOMEBODY" not in error.text()
    assert f"code AADSTS{code}; correlation id {CORRELATION}" in error.text()


def test_who_has_to_act_is_who_the_action_speaks_to() -> None:
    for code, remedy in BY_CODE.items():
        match remedy.who:
            case Actor.ADMIN:
                assert "administrator" in remedy.action, code
                assert remedy.kind is not SignInNeeded, code
            case Actor.REGISTRAR:
                assert "app registration" in remedy.action, code
            case Actor.NOBODY:
                assert issubclass(remedy.kind, ServiceUnavailable), code
            case Actor.US:
                assert "Report it" in remedy.action, code
            case Actor.YOU:
                assert not issubclass(remedy.kind, AdminNeeded | ServiceUnavailable), code


def test_the_table_holds_no_code_that_is_not_looked_at_here() -> None:
    assert {code for code, _ in ROWS} == set(BY_CODE)


def test_who_declines_a_code_is_not_told_that_it_was_wrong() -> None:
    assert type(error_for(answer(70018, "authorization_declined", error_codes=[70018]), NEED)) is SignInDeclined
    assert type(error_for(answer(70018, "bad_verification_code", error_codes=[70018]), NEED)) is SignInExpired


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("access_denied", SignInDeclined),
        ("authorization_declined", SignInDeclined),
        ("expired_token", SignInExpired),
        ("bad_verification_code", SignInExpired),
        ("code_expired", SignInExpired),
        ("temporarily_unavailable", ServiceUnavailable),
        ("server_error", ServiceUnavailable),
        ("invalid_grant", SignInNeeded),
        ("interaction_required", SignInNeeded),
        ("login_required", SignInNeeded),
        ("consent_required", SignInNeeded),
        ("invalid_client", SignInFailed),
        ("anything_new", SignInFailed),
        (None, SignInFailed),
    ],
)
def test_without_a_known_code_the_word_of_oauth_decides(error: str | None, kind: type[LocalGraphError]) -> None:
    said = {"error": error} if error else {}
    assert type(error_for(said, NEED)) is kind
    assert type(error_for(answer(999999, error or "", error_codes=[999999]), NEED)) is kind


def test_an_unknown_code_of_an_unknown_kind_can_be_looked_up() -> None:
    error = error_for(answer(123456, "invalid_something"), NEED)
    assert error.remedy == "Look it up: https://login.microsoftonline.com/error?code=123456"


def test_a_need_is_carried_on_with_the_claims_that_entra_asks_for() -> None:
    claims = '{"access_token":{"capolids":{"essential":true,"values":["x"]}}}'
    error = error_for(answer(50076, "interaction_required", claims=claims), NEED)
    assert isinstance(error, SignInNeeded)
    assert error.need == Need(NEED.scopes, claims, NEED.account, NEED.hint)


def test_claims_that_were_asked_for_already_are_not_lost() -> None:
    error = error_for(answer(70043), Need(frozenset(), claims='{"a":1}'))
    assert isinstance(error, SignInNeeded)
    assert error.need.claims == '{"a":1}'


def test_what_an_administrator_has_to_approve_is_what_was_asked_for() -> None:
    error = error_for(answer(90094, "access_denied"), NEED)
    assert isinstance(error, AdminConsentNeeded)
    assert error.scopes == NEED.scopes


def test_the_first_known_code_of_several_decides() -> None:
    error = error_for(answer(50076, error_codes=[500121, 50076]), NEED)
    assert isinstance(error, SignInNeeded)
    assert error.what == BY_CODE[50076].cause
    assert error.trace.code == "AADSTS500121"


def test_a_redirect_that_has_a_description_only_is_understood() -> None:
    said = {
        "error": "access_denied",
        "error_description": f"AADSTS65004: User declined. Trace ID: 1 Correlation ID: {CORRELATION} Timestamp: x",
    }
    error = error_for(said, NEED)
    assert isinstance(error, SignInDeclined)
    assert (error.trace.code, error.trace.correlation_id) == ("AADSTS65004", CORRELATION)


@pytest.mark.parametrize(
    "description",
    ["", "AADSTS", "AADSTS: x", "AADSTSabc: x", "no code AADSTS65001: x", None, "AADSTS\N{SUPERSCRIPT TWO}:"],
)
def test_a_description_without_a_number_has_no_code(description: str | None) -> None:
    assert codes_of({"error_description": description}) == []


def test_codes_that_are_no_numbers_are_left_out() -> None:
    assert codes_of({"error_codes": ["65001", None, 65004]}) == [65004]
    assert codes_of({"error_codes": 65001}) == []


@pytest.mark.parametrize(
    "hostile", ["<b>now</b>", "x" * 65, "two words", "new\nline", ["list"], {"a": "dict"}, "", None]
)
def test_ids_and_words_that_are_none_do_not_get_into_our_texts(hostile: object) -> None:
    error = error_for(
        {"error": hostile, "correlation_id": hostile, "error_description": "Correlation ID: <evil>"}, NEED
    )
    assert (error.trace.code, error.trace.correlation_id) == ("", "")

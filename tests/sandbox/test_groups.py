"""Groups and teams: who may see which of them, and how much of their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcp_local_graph.sandbox import company
from tests.sandbox.test_graph import refusal

if TYPE_CHECKING:
    from tests.sandbox.rig import Rig


def values(rig: Rig, path: str, *scopes: str, account: str | None = None, **headers: str) -> list[dict[str, Any]]:
    answer = rig.graph(f"/v1.0{path}", rig.bearer(list(scopes), account), **headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def group_id(rig: Rig, name: str) -> str:
    return str(values(rig, f"/groups?$filter=displayName eq '{name}'", "Group.Read.All")[0]["id"])


@pytest.mark.parametrize("scope", ["Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"])
def test_groups_are_listed_with_any_permission_to_read_groups(rig: Rig, scope: str) -> None:
    groups = values(rig, "/groups", scope)
    assert [one["displayName"] for one in groups][:2] == ["All Brackwater", "Board papers"]
    assert [one["displayName"] for one in groups if "Team" in one["resourceProvisioningOptions"]] == [
        "Field Survey",
        "Kestrel Sound",
    ]


@pytest.mark.parametrize("path", ["/groups", "/groups/1", "/groups/1/members", "/groups/1/owners", "/groups/$count"])
def test_groups_are_refused_without(rig: Rig, path: str) -> None:
    token = rig.bearer(["User.Read.All", "Team.ReadBasic.All"])
    assert refusal(rig.graph(f"/v1.0{path}", token)) == (403, "Authorization_RequestDenied")


def test_a_group_is_what_its_kind_says(rig: Rig) -> None:
    groups = {one["displayName"]: one for one in values(rig, "/groups", "Group.Read.All")}
    kinds = {
        name: (one["groupTypes"], one["mailEnabled"], one["securityEnabled"], one["mail"] is not None)
        for name, one in groups.items()
    }
    assert kinds["Field Survey"] == (["Unified"], True, False, True)
    assert kinds["Board papers"] == ([], True, False, True)
    assert kinds["Laptops with survey software"] == ([], False, True, False)
    assert groups["All Brackwater"]["visibility"] == "Public"


def test_groups_are_filtered_searched_counted_and_ordered(rig: Rig) -> None:
    token = rig.bearer(["Group.Read.All"])

    def found(query: str, **headers: str) -> list[str]:
        answer = rig.graph(f"/v1.0/groups?{query}", token, **headers)
        assert answer.status_code == 200, answer.text
        return [one["displayName"] for one in answer.json()["value"]]

    assert found("$filter=groupTypes/any(c:c eq 'Unified')") == ["All Brackwater", "Field Survey", "Kestrel Sound"]
    assert found('$search="displayName:survey"', ConsistencyLevel="eventual") == [
        "Field Survey",
        "Laptops with survey software",
    ]
    assert found("$orderby=displayName desc&$top=1") == ["Laptops with survey software"]
    assert rig.graph("/v1.0/groups/$count", token, ConsistencyLevel="eventual").text == "5"


def test_a_group_that_is_none_is_not_found(rig: Rig) -> None:
    answer = rig.graph(f"/v1.0/groups/{company.INES.oid}", rig.bearer(["Group.Read.All"]))
    assert refusal(answer) == (404, "Request_ResourceNotFound")


def test_members_are_only_ids_to_who_may_read_groups_but_not_people(rig: Rig) -> None:
    path = f"/groups/{group_id(rig, 'Kestrel Sound')}/members"
    bare = values(rig, path, "GroupMember.Read.All")
    assert {one["@odata.type"] for one in bare} == {"#microsoft.graph.user"}
    others = [one for one in bare if one["id"] != company.INES.oid]
    assert {value for one in others for name, value in one.items() if name not in {"@odata.type", "id"}} == {None}
    named = values(rig, path, "GroupMember.Read.All", "User.ReadBasic.All")
    assert {"Ines Okafor", "Konrad Weßling", "Dana Whitlock"} <= {one["displayName"] for one in named}
    assert [one["id"] for one in named] == [one["id"] for one in bare]


def test_owners_are_among_those_who_may_be_asked(rig: Rig) -> None:
    path = f"/groups/{group_id(rig, 'Field Survey')}/owners"
    owners = values(rig, path, "GroupMember.Read.All", "User.ReadBasic.All")
    assert [one["displayName"] for one in owners] == ["Ines Okafor", "Tomasz Halloran"]


def test_ones_own_groups_have_names_only_for_who_may_read_groups(rig: Rig) -> None:
    bare = values(rig, "/me/memberOf", "User.Read")
    assert {one["@odata.type"] for one in bare} == {"#microsoft.graph.group"}
    assert {one["displayName"] for one in bare} == {None}
    named = values(rig, "/me/memberOf", "GroupMember.Read.All")
    assert [one["displayName"] for one in named] == [
        *("All Brackwater", "Field Survey", "Kestrel Sound", "Laptops with survey software")
    ]
    assert [one["id"] for one in named] == [one["id"] for one in bare]


def test_ones_own_teams_are_read_without_an_administrator(rig: Rig) -> None:
    teams = values(rig, "/me/joinedTeams", "Team.ReadBasic.All")
    assert [one["displayName"] for one in teams] == ["Field Survey", "Kestrel Sound"]
    assert [one["id"] for one in teams] == [group_id(rig, "Field Survey"), group_id(rig, "Kestrel Sound")]
    # Nothing more is told in a list.
    assert {one["webUrl"] for one in teams} == {None}
    assert values(rig, "/me/joinedTeams", "Team.ReadBasic.All", account=company.MARIT.user_name) == []


def test_a_team_is_read_alone(rig: Rig) -> None:
    token = rig.bearer(["Team.ReadBasic.All"])
    team = rig.graph(f"/v1.0/teams/{group_id(rig, 'Field Survey')}", token).json()
    assert (team["displayName"], team["visibility"]) == ("Field Survey", "private")
    answer = rig.graph(f"/v1.0/teams/{group_id(rig, 'Board papers')}", token)
    assert refusal(answer) == (404, "NotFound")


def test_other_organisations_have_groups_of_their_own(rig: Rig) -> None:
    token = rig.bearer(["Group.Read.All"], company.DANA.user_name, tenant=company.OTHER_TENANT_ID)
    assert rig.graph("/v1.0/groups", token).json()["value"] == []

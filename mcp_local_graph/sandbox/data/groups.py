"""The company's groups: two teams, a group for everybody, one for permissions only, one that is a mail list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_local_graph.sandbox import company
from mcp_local_graph.sandbox.data import ids, staff

if TYPE_CHECKING:
    from mcp_local_graph.sandbox.company import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group. `kind` is microsoft365, security or list; `age` is in days. What is a team has channels in Teams."""

    name: str
    nickname: str
    about: str
    kind: str
    owners: tuple[Account, ...]
    members: tuple[Account, ...]
    age: int
    team: bool = False
    public: bool = False

    @property
    def id(self) -> str:
        """Its object id."""
        return ids.guid("group", self.nickname)


_SURVEY = (company.INES, company.TOMASZ, company.JOON, company.PRIYA, staff.NASRIN)
GROUPS = (
    Group(
        name="All Brackwater",
        nickname="all",
        about="Everybody at Brackwater Instruments.",
        kind="microsoft365",
        owners=(company.MARIT, company.RUI),
        members=(*_SURVEY, company.MARIT, company.ZOE, company.RUI, staff.GABRIELA, staff.KONRAD, staff.HARUKA,
                 staff.TOMAS, staff.INES_OCAMPO, staff.BEA),
        age=1900,
        public=True,
    ),
    Group(
        name="Board papers",
        nickname="board",
        about="Papers before and after the meetings of the board.",
        kind="list",
        owners=(staff.BEA,),
        members=(company.MARIT, company.TOMASZ, company.ZOE, staff.BEA),
        age=1400,
    ),
    Group(
        name="Field Survey",
        nickname="fieldsurvey",
        about="Planning, rotas and lessons learned of the survey team.",
        kind="microsoft365",
        owners=(company.INES, company.TOMASZ),
        members=_SURVEY,
        age=1100,
        team=True,
    ),
    Group(
        name="Kestrel Sound",
        nickname="kestrelsound",
        about="The survey of Kestrel Sound with Northmole.",
        kind="microsoft365",
        owners=(company.INES,),
        members=(company.INES, company.JOON, company.PRIYA, company.ZOE, staff.KONRAD, staff.GUEST),
        age=45,
        team=True,
    ),
    Group(
        name="Laptops with survey software",
        nickname="survey-laptops",
        about="Who gets the licences for charts and tides.",
        kind="security",
        owners=(company.RUI,),
        members=(*_SURVEY, company.LEV),
        age=700,
    ),
)  # fmt: skip

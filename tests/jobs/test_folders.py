"""Folders as a tree, and by name."""

from __future__ import annotations

from typing import Any

from mcp_local_graph.jobs import folders

ITEMS: list[dict[str, Any]] = [
    {
        "id": "1",
        "displayName": "Caixa de Entrada",
        "unreadItemCount": 3,
        "totalItemCount": 9,
        "childFolders": [
            {"id": "2", "displayName": "Projects", "childFolders": [{"id": "3", "displayName": "Tide"}]},
        ],
    },
    {"id": "4", "displayName": "Projects"},
]


def test_a_tree_is_read_in_order_and_usual_folders_keep_their_name_in_every_language() -> None:
    found = list(folders.tree(ITEMS, {"1": "inbox"}))
    assert [(one.path, one.depth, one.known) for one in found] == [
        ("Caixa de Entrada", 0, "inbox"),
        ("Caixa de Entrada/Projects", 1, ""),
        ("Caixa de Entrada/Projects/Tide", 2, ""),
        ("Projects", 0, ""),
    ]
    assert (found[0].unread, found[0].total) == (3, 9)


def test_a_folder_is_found_by_its_name_or_its_whole_path() -> None:
    found = list(folders.tree(ITEMS, {}))
    assert [one.id for one in folders.named(found, " tide ")] == ["3"]
    assert [one.id for one in folders.named(found, "/caixa de entrada/PROJECTS/")] == ["2"]
    assert [one.id for one in folders.named(found, "Projects")] == ["4"]
    assert folders.named(found, "Nowhere") == []


def test_what_people_call_the_usual_folders() -> None:
    assert folders.WELL_KNOWN["trash"] == "deleteditems"
    assert folders.WELL_KNOWN["sent"] == "sentitems"

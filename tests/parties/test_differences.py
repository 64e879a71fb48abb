"""What one enrichment says that another did not."""

from typing import Any

import pytest

from parties.differences import differences, readable_path, readable_value


@pytest.mark.parametrize(
    ("older", "newer", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": None}, {"a": ""}, []),
        ({"a": 1}, {"a": 2}, [("changed", ("a",), 1, 2)]),
        ({}, {"a": {"b": "x"}}, [("added", ("a", "b"), None, "x")]),
        ({"a": {"b": "x"}}, None, [("removed", ("a", "b"), "x", None)]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, []),
        ({"a": ["x", "x"]}, {"a": ["x"]}, [("removed", ("a",), "x", None)]),
        ({"a": [{"n": 1, "s": "old"}]}, {"a": [{"s": "old", "n": 1}, {"n": 2}]}, [("added", ("a",), None, {"n": 2})]),
        ({"a": "x"}, {"a": ["x", "y"]}, [("added", ("a",), None, "y")]),
        ({"a": 0}, {"a": None}, [("removed", ("a",), 0, None)]),
    ],
)
def test_only_what_differs_is_told(older: Any, newer: Any, told: list[Any]) -> None:
    assert [(d.kind, d.path, d.before, d.after) for d in differences(older, newer)] == told


def test_names_of_fields_are_taken_apart() -> None:
    assert readable_path(("DadosBasicos", "nomeMae")) == "Dados basicos · nome mae"
    assert readable_path(("DadosBasicos", "cpf")) == "Dados basicos · CPF"
    assert readable_path(("cepResidencial",)) == "CEP residencial"
    assert readable_path(("flags", "__pessoa_exposta__")) == "Flags · pessoa exposta"


def test_a_row_is_one_line() -> None:
    assert readable_value({"telefone": "11", "tipo": None, "operadora": "VIVO"}) == "11 · VIVO"

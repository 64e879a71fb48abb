"""Sections nobody needs to answer a lead: sent so that tests can prove that they are dropped."""

from typing import Any

from enrichment.sandbox.dice import Dice
from enrichment.sandbox.person import Person, made_up, some_cpf
from enrichment.sandbox.vocabulary import NO_DATA


def sensitive_sections(person: Person, dice: Dice) -> dict[str, Any]:
    neighbour = made_up(some_cpf(f"{person.cpf}/neighbour"))
    mother = some_cpf(f"{person.cpf}/mother")
    return {
        "parentes": [{"nomeParente": person.mother, "cpfParente": mother, "grauParentesco": "MAE"}],
        "imunoBiologicos": [{"VacinaNome": "VACINA EXEMPLO", "PacienteCpf": person.cpf}],
        "listaDocumentos": {"rg": dice.code("rg", 9), "tituloEleitor": dice.code("voter", 12)},
        "registroCivil": {"matricula": dice.code("civil", 20)},
        "vizinhos": [{"nome": neighbour.name, "cpf": neighbour.cpf}],
        "beneficios": _benefits(dice),
        "DadosImposto": [{"ano": 2024, "situacao": "RESTITUICAO EXEMPLO", "banco": "BANCO EXEMPLO"}],
        "comprasId": [{"loja": "LOJA EXEMPLO", "valor": "129,90"}],
        "internet": {"ultimoAcesso": "01/02/2024", "dispositivo": "APARELHO EXEMPLO"},
    }


def _benefits(dice: Dice) -> object:
    granted = [{"beneficio": "AUXILIO EXEMPLO", "valor": "600,00"}]
    return granted if dice.chance("granted", 25) else dice.pick("no benefits", NO_DATA)

"""The contract's own sample, its allow-list written down once more, and ways to look into an answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import Profile, minimised
from parties.facts import PersonFacts
from tests.enrichment.providers.operations import LONG_AGO, cpf

EXAMPLE: dict[str, Any] = json.loads(Path(__file__).with_name("work_cpf_example.json").read_text())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

# The contract's table, written down once more: a field added to the schema must be added here as well.
ALLOWED: dict[str, set[str]] = {
    "DadosBasicos": {
        "nome", "cpf", "dataNascimento", "sexo", "nomeMae", "nomePai", "municipioNascimento", "escolaridade",
        "estadoCivil", "nacionalidade",
        "obito.obito", "obito.dataObito",
        "situacaoCadastral.codigoSituacaoCadastral", "situacaoCadastral.descricaoSituacaoCadastral",
        "situacaoCadastral.dataSituacaoCadastral",
    },
    "DadosEconomicos": {
        "renda",
        "poderAquisitivo.codigoPoderAquisitivo", "poderAquisitivo.poderAquisitivoDescricao",
        "poderAquisitivo.rendaPoderAquisitivo", "poderAquisitivo.codigoFaixaRenda",
        "poderAquisitivo.faixaPoderAquisitivo",
        "score.scoreCSB", "score.scoreCSBFaixaRisco", "score.scoreCSBA", "score.scoreCSBAFaixaRisco",
        "serasaMosaic.codigoMosaicNovo", "serasaMosaic.descricaoMosaicNovo", "serasaMosaic.classeMosaicNovo",
    },
    "profissao": {"cbo", "cboDescricao"},
    "empresas": {"cnpj", "tipoRelacao", "relacao", "admissao", "demissao"},
    "enderecos": {
        "tipoLogradouro", "logradouro", "logradouroNumero", "complemento", "bairro", "cidade", "uf", "cep",
    },
    "telefones": {"telefone", "status", "tipo", "operadora", "whatsapp"},
    "emails": {"email", "prioridade", "qualidade", "emailPessoal", "blacklist"},
    "perfilConsumo": {
        "possui_casa_propria", "possui_investimentos", "possui_luxo", "possui_conta_alto_padrao",
        "possui_cartao_black", "possui_cartao_prime", "possui_previdencia_privada",
        "credito_imobiliario_pre_aprovado",
    },
    "flags": {"__pessoa_exposta_politicamente__"},
    "lista": {"nome", "cpf", "cpf_cnpj"},
}  # fmt: skip


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path; the items of a list share one path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def is_allowed(path: str) -> bool:
    root, _, rest = path.partition(".")
    return rest in ALLOWED.get(root, ())


def facts(**sections: Any) -> PersonFacts:
    return facts_of(minimised(Profile, sections), cpf=cpf(), told_at=LONG_AGO)


def in_json(value: Any) -> Any:
    """There and back through the text that a database or a cache keeps."""
    return json.loads(json.dumps(value))


def marked(value: Any, mark: str = "") -> Any:
    """The same shape with every leaf a text that names its own path."""
    if isinstance(value, dict):
        return {key: marked(inner, f"{mark}.{key}" if mark else key) for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, mark) for inner in value]
    return f"<{mark}>"

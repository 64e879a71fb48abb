"""The profile that the provider contract shows, word for word."""

from typing import Any

MARINA_PROFILE: dict[str, Any] = {
    "status": 200,
    "foto": {"foto": None},
    "DadosBasicos": {
        "nome": "MARINA ALVES PRADO",
        "cpf": "52998224725",
        "cns": "000000000000000",
        "dataNascimento": "14/03/1984",
        "sexo": "F - FEMININO",
        "cor": "PARDA",
        "nomeMae": "LUCIA ALVES",
        "nomePai": "SEM INFORMAÇÃO",
        "municipioNascimento": "CAMPINAS",
        "escolaridade": "ENSINO SUPERIOR COMPLETO",
        "estadoCivil": "CASADO(A)",
        "nacionalidade": "BRASILEIRA",
        "obito": {"obito": "NÃO", "dataObito": ""},
        "situacaoCadastral": {
            "codigoSituacaoCadastral": 2,
            "descricaoSituacaoCadastral": "REGULAR",
            "dataSituacaoCadastral": "2024-01-05 00:00:00",
        },
    },
    "DadosEconomicos": {
        "renda": "6089,28",
        "poderAquisitivo": {
            "codigoPoderAquisitivo": 3,
            "poderAquisitivoDescricao": "MEDIO",
            "rendaPoderAquisitivo": "2856,00",
            "codigoFaixaRenda": 12,
            "faixaPoderAquisitivo": "De R$ 1630 até R$ 4082",
        },
        "score": {
            "scoreCSB": 681,
            "scoreCSBFaixaRisco": "BAIXO",
            "scoreCSBA": "702",
            "scoreCSBAFaixaRisco": "BAIXISSIMO RISCO",
        },
        "serasaMosaic": {
            "codigoMosaicNovo": "G27",
            "descricaoMosaicNovo": "CLASSE MEDIA URBANA",
            "classeMosaicNovo": "PERFIL EXEMPLO",
        },
    },
    "profissao": {"cbo": "214205", "cboDescricao": "ENGENHEIRO CIVIL", "pis": "00000000000"},
    "empregos": [],
    "empresas": [
        {
            "cnpj": "11222333000181",
            "tipoRelacao": "QSA",
            "relacao": "SOCIO-ADMINISTRADOR",
            "admissao": "02/05/2016",
            "demissao": "",
        }
    ],
    "enderecos": [
        {
            "tipoLogradouro": "R",
            "logradouro": "DAS ACACIAS",
            "logradouroNumero": "120",
            "complemento": "AP 51",
            "bairro": "CENTRO",
            "cidade": "CAMPINAS",
            "uf": "SP",
            "cep": "13010001",
        },
        {
            "tipoLogradouro": "AV",
            "logradouro": "BRASIL",
            "logradouroNumero": 1500,
            "complemento": None,
            "bairro": "JARDINS",
            "cidade": "SAO PAULO",
            "uf": "SP",
            "cep": "01430-000",
        },
    ],
    "telefones": [
        {
            "telefone": "11987654321",
            "status": "ATIVO",
            "tipo": "TELEFONE MOVEL",
            "operadora": "VIVO",
            "whatsapp": "SIM",
        },
        {
            "telefone": "1133334444",
            "status": "ATIVO",
            "tipo": "TELEFONE RESIDENCIAL",
            "operadora": "OI",
            "whatsapp": None,
        },
        {
            "telefone": "1187654322",
            "status": "ANTIGO",
            "tipo": "TELEFONE MOVEL",
            "operadora": "TIM",
            "whatsapp": "NÃO",
        },
    ],
    "emails": [
        {
            "email": "Marina.Prado@Example.com",
            "prioridade": "PRINCIPAL",
            "qualidade": "BOM",
            "emailPessoal": "SIM",
            "blacklist": "NÃO",
        }
    ],
    "parentes": [{"nomeParente": "LUCIA ALVES", "cpfParente": "11144477735", "grauParentesco": "MAE"}],
    "imunoBiologicos": [{"VacinaNome": "EXEMPLO", "PacienteCpf": "52998224725"}],
    "vizinhos": [{"nome": "VIZINHO EXEMPLO", "cpf": "11144477735"}],
    "beneficios": [],
    "perfilConsumo": {
        "possui_casa_propria": True,
        "possui_investimentos": True,
        "credito_imobiliario_pre_aprovado": True,
        "possui_luxo": False,
    },
    "flags": {
        "__pessoa_exposta_politicamente__": False,
        "__beneficiario_auxilios__": False,
        "__servidor_publico_siape__": False,
    },
    "debug_info": [],
}

"""The words of Brazilian names that do not weigh as much as the rest."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTICLES = _words("da das de do dos d e")
HONORIFICS = _words(
    "sr sra srta senhor senhora dr dra doutor doutora prof profa professor professora eng engenheiro "
    "engenheira arq adv pr pastor padre dona seu"
)
COMPANY_TAILS = _words("ltda me mei epp eireli cia slu")

# Júnior and Filho say the same thing: named after the father.
SUFFIXES = {
    "junior": "filho", "jr": "filho", "jnr": "filho", "filho": "filho",
    "neto": "neto", "netto": "neto", "sobrinho": "sobrinho", "bisneto": "bisneto",
}  # fmt: skip

# Only short forms that stand for one name; Rafa or Gabi may be a man or a woman.
SHORT_FORMS = {
    "ze": "jose", "chico": "francisco", "fco": "francisco", "cida": "aparecida", "bia": "beatriz",
    "tiao": "sebastiao", "ma": "maria", "sta": "santa", "sto": "santo",
}  # fmt: skip

# Words that follow a first name as part of it: Ana Paula and Ana Carolina are sisters, not one person.
SECOND_GIVEN = _words(
    "alberto alexandre alice ana antonio aparecida augusto beatriz bruno camila carla carlos carolina "
    "caroline catarina cecilia cesar clara claudia claudio cristina cristine daniel eduarda eduardo "
    "elena elisa eliza emanuel emilia felipe fernanda fernando flavia flavio francisca francisco "
    "gabriel gabriela gabriele guilherme gustavo helena heloisa henrique isabel isabela joao jose julia "
    "juliana julio karolina larissa laura leonardo leticia lourdes lucas lucia luis luisa luiz luiza "
    "lurdes luzia marcelo marcia marcos maria mariana marina mateus matheus miguel paula paulo pedro "
    "rafael rafaela raquel regina renata renato ricardo rita roberta roberto rodrigo sofia sonia sophia "
    "teresa tereza valentina victor victoria vinicius vitor vitoria"
)

# Maria José is a woman, José Maria a man: neither is called by the second name.
NEVER_CALLED_BY = frozenset({"jose", "maria"})

"""What must never show, and where to look for it."""

import traceback
from base64 import b64encode
from urllib.parse import quote

C2S_TOKEN = "c2s-token-that-nobody-may-see"
WORK_TOKEN = "work-token-that-nobody-may-see"
BASIC_USER = "diretrix-user-that-nobody-may-see"
BASIC_PASS = "diretrix-pass-that-nobody-may-see"
CPF_ASKED = "52998224725"
PHONE_ASKED = "11987654321"
EMAIL_ASKED = "marina.prado@example.com"
NAME_ASKED = "MARINA ALVES PRADO"
LEAD_TEXT = "Impressão só para o corretor"

SECRETS = (
    C2S_TOKEN,
    WORK_TOKEN,
    BASIC_USER,
    BASIC_PASS,
    b64encode(f"{BASIC_USER}:{BASIC_PASS}".encode()).decode(),
)
IDENTIFIERS = (
    CPF_ASKED,
    "529.982.247-25",
    PHONE_ASKED,
    "987654321",
    "98765-4321",
    EMAIL_ASKED,
    quote(EMAIL_ASKED, safe=""),
    "11144477735",
    "11222333000181",
)
TEXTS = (NAME_ASKED, quote(NAME_ASKED), NAME_ASKED.replace(" ", "+"), LEAD_TEXT)


def leaked(*texts: object) -> list[str]:
    """Which secrets, identifiers and texts show in any of these."""
    whole = " ".join(map(str, texts)).lower()
    return [secret for secret in (*SECRETS, *IDENTIFIERS, *TEXTS) if secret.lower() in whole]


def told_by(error: BaseException) -> str:
    """All that an error says, its whole chain included, suppressed or not."""
    told, seen = [], set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told += [str(one), repr(one), repr(one.args), repr(vars(one)), *traceback.format_exception(one)]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(told)

from html import escape
from pathlib import Path
from string import Template

from enrichment.sandbox.crm import Crm, Lead, Message
from enrichment.sandbox.people import EMAIL_RULES, PHONE_RULES
from enrichment.sandbox.person import TRAITS

HERE = Path(__file__).parent
SHOWN = 100


def inbox_page(crm: Crm) -> str:
    by_lead: dict[str, list[Message]] = {}
    for said in reversed(crm.messages()):
        by_lead.setdefault(said["lead_id"], []).append(said)
    waiting = [lead for lead in crm.leads() if lead["id"] not in by_lead]
    cards = [_card(crm.get(lead_id), said) for lead_id, said in list(by_lead.items())[:SHOWN]]
    quiet = [_card(lead, []) for lead in waiting[:SHOWN]]
    return _template("inbox.html").substitute(
        told=len(by_lead),
        waiting=len(waiting),
        cards="".join(cards) or '<p class="none">Nenhuma mensagem ainda.</p>',
        quiet="".join(quiet),
    )


def people_page() -> str:
    traits = {ending: rule for ending, (_, rule) in TRAITS.items()}
    return _template("people.html").substitute(
        phones=_rows(PHONE_RULES), emails=_rows(EMAIL_RULES), traits=_rows(traits)
    )


def _card(lead: Lead | None, said: list[Message]) -> str:
    customer = lead["attributes"]["customer"] if lead else {}
    contacts = " · ".join(escape(str(customer[key])) for key in ("phone", "email") if customer.get(key))
    messages = "".join(
        f"<li><time>{escape(one['created_at'][:19].replace('T', ' '))}</time><pre>{escape(one['body'])}</pre></li>"
        for one in said
    )
    return (
        f"<article><h2>{escape(customer.get('name') or 'Sem nome')}</h2>"
        f'<p class="contacts">{contacts}</p><p class="id">{escape(lead["id"] if lead else "")}</p>'
        f"<ol>{messages}</ol></article>"
    )


def _rows(rules: dict[str, str]) -> str:
    return "".join(f"<tr><th>{escape(key)}</th><td>{escape(rule)}</td></tr>" for key, rule in rules.items())


def _template(name: str) -> Template:
    return Template((HERE / name).read_text(encoding="utf-8"))

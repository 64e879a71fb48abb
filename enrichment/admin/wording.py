"""What the pipeline notes in short codes and English, said to staff in their language and with a colour."""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enrichment.admin.troubles import said_trouble, said_words
from enrichment.models import Billed, CallOutcome, Direction, MessageState, Ruling, RunState, Tier

# unfold's names for colours; "default" is grey
RUN_COLOURS = {
    RunState.QUEUED.value: "default",
    RunState.RUNNING.value: "info",
    RunState.COMPLETED.value: "success",
    RunState.PARTIAL.value: "warning",
    RunState.NOT_FOUND.value: "default",
    RunState.NEEDS_REVIEW.value: "warning",
    RunState.FAILED.value: "danger",
    RunState.SKIPPED.value: "default",
}
RULING_COLOURS = {Ruling.CHOSEN.value: "success", Ruling.REVIEWED.value: "success", Ruling.IGNORED.value: "default"}
TIER_COLOURS = {Tier.CACHE.value: "success", Tier.DATABASE.value: "info", Tier.PROVIDER.value: "primary"}
MESSAGE_COLOURS = {
    MessageState.RECEIVED.value: "default",
    MessageState.SENDING.value: "info",
    MessageState.SENT.value: "success",
    MessageState.FAILED.value: "danger",
    MessageState.SHADOW.value: "warning",
}
DIRECTION_COLOURS = {Direction.IN.value: "default", Direction.OUT.value: "primary"}
CALL_COLOURS = {
    CallOutcome.OK.value: "success",
    CallOutcome.NOBODY.value: "default",
    CallOutcome.RATE_LIMITED.value: "warning",
    CallOutcome.REJECTED.value: "danger",
    CallOutcome.UNAVAILABLE.value: "warning",
    CallOutcome.BAD_PAYLOAD.value: "danger",
}
BILLED_COLOURS = {Billed.YES.value: "warning", Billed.NO.value: "default", Billed.UNKNOWN.value: "danger"}
JOB_COLOURS = {
    "todo": "default",
    "doing": "info",
    "succeeded": "success",
    "failed": "danger",
    "cancelled": "warning",
    "aborted": "warning",
}
JOB_STATES = {
    "todo": _("Waiting"),
    "doing": _("Under way"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "aborted": _("Stopped"),
}
STEPS = {
    "identify": _("Read the contact"),
    "recall": _("Look at what is known"),
    "discover": _("Ask who it is"),
    "choose": _("Choose the person"),
    "profile": _("Fetch the profile"),
    "file": _("File it"),
    "compose": _("Write the message"),
    "deliver": _("Send it to the CRM"),
    "repeat": _("Send it to the CRM again"),
}

REASONS = {
    "chosen_by_staff": _("chosen by staff"),
    "document_given": _("the lead gave this CPF"),
    "phone_leads_here": _("the phone leads here"),
    "phone_leads_elsewhere": _("the phone leads to somebody else"),
    "phone_is_shared": _("the phone is shared by many"),
    "email_leads_here": _("the e-mail leads here"),
    "email_leads_elsewhere": _("the e-mail leads to somebody else"),
    "email_is_shared": _("the e-mail is shared by many"),
    "no_name_to_compare": _("no name to compare"),
}
LIKENESS = re.compile(r"name_likeness_(\d)\.(\d\d)")

OUTCOMES = [
    (re.compile(pattern), said)
    for pattern, said in [
        (r"done", _("done")),
        (r"(\d+) of (\d+) identifiers known", _("{0} of {1} identifiers known")),
        (r"(\d+) of (\d+) contacts answered", _("{0} of {1} contacts answered")),
        (r"(\d+) of (\d+) candidates", _("{0} of {1} candidates")),
        (r"(\d+) of (\d+) profiles", _("{0} of {1} profiles")),
        (r"skipped: the lead gave its CPF", _("skipped: the lead gave its CPF")),
        (r"nothing to ask", _("nothing to ask")),
        (r"known already", _("known already")),
        (r"sent", _("sent")),
        (r"said lately already", _("said lately already")),
        (r"kept, not sent: another system speaks", _("kept, not sent: another system speaks")),
        (r"not for the CRM", _("not for the CRM")),
        (r"held until staff decide", _("held until staff decide")),
        (r"cancelled by staff", _("cancelled by staff")),
        (r"the lead is closed", _("the lead is closed")),
        (r"the person asked to be forgotten", _("the person asked to be forgotten")),
        (r"staff chose to ignore the lead", _("staff chose to ignore the lead")),
        (r"the message to repeat is gone", _("the message to repeat is gone")),
        (r"C2S does not know this lead", _("C2S does not know this lead")),
        (r"a test lead: nobody is asked or told about it", _("a test lead: nobody is asked or told about it")),
        (r"no usable contact \((.*)\)", _("no usable contact ({0})")),
        (r"nobody is known behind these contacts", _("nobody is known behind these contacts")),
        (r"the providers could not be asked", _("the providers could not be asked")),
        (r"phone and e-mail lead to different people", _("phone and e-mail lead to different people")),
        (r"the name found differs from the lead's", _("the name found differs from the lead's")),
        (r"several people are behind this contact", _("several people are behind this contact")),
        (r"the phone was corrected and no name confirms it", _("the phone was corrected and no name confirms it")),
        (r"missing: (.*)", _("missing: {0}")),
        (r"internal error: (.*)", _("internal error: {0}")),
        (r"database: (.*)", _("the database was away: {0}")),
        (r"its worker died again and again", _("its worker died again and again")),
        (r"cancelled by staff", _("cancelled by staff")),
        (r"failed at the predecessor", _("failed at the predecessor")),
        (
            r"came to the predecessor, which did not say how it ended",
            _("came to the predecessor, which did not say how it ended"),
        ),
    ]
]


def said_state(state: str, *, reviewed: bool) -> tuple[str, str]:
    """Its name and its colour; what somebody has looked at needs nobody any more."""
    if reviewed and state == RunState.NEEDS_REVIEW:
        return str(Ruling.REVIEWED.label), RULING_COLOURS[Ruling.REVIEWED]
    return str(RunState(state).label), RUN_COLOURS[state]


def said_step(name: str) -> str:
    return str(STEPS.get(name, name))


def said_reason(code: str) -> str:
    if found := LIKENESS.fullmatch(code):
        return gettext("the names agree to {percent}%").format(percent=int(found[1] + found[2]))
    return str(REASONS.get(code, code))


def said_outcome(text: str) -> str:
    """Unknown texts are shown as they are."""
    for pattern, said in OUTCOMES:
        if found := pattern.fullmatch(text):
            return str(said).format(*map(said_words, found.groups()))
    return said_trouble(text) or text

"""What the project's own tables, and those of the libraries it stands on, hold of people."""

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection, models
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.privacy.models import AccessEntry, RetentionNight
from c2s_enrich.privacy.registry import Holding, hold, holds_nobody
from c2s_enrich.privacy.retention import Rule, keep
from c2s_enrich.privacy.subject import Subject

ERASED = "[erased]"


def register() -> None:
    hold(
        Holding(
            LogEntry,
            what=_("What staff did in the admin, with the name of what it was done to"),
            why=_("so that it can be told who did what"),
            of=_entries_about,
            kept="changes",
            erase=lambda rows, _subject: rows.update(object_repr=ERASED),
            scrub=("object_repr", "change_message"),
        ),
        Holding(
            AccessEntry,
            what=_("Who of staff, and which key, saw whose data in clear"),
            why=_("so that it can be told who saw what"),
            of=lambda subject: (
                Q(party_id__in=subject.ids["parties.party"])
                | Q(thing="enrichment.lead", thing_id__in=[str(pk) for pk in subject.ids["enrichment.lead"]])
            ),
            kept="access_log",
            # ids alone, which lead nowhere any more; what was seen must stay answerable
            erase=lambda rows, _subject: 0,
        ),
    )
    hold(*(_log_ins(model) for model in (AccessAttempt, AccessFailureLog, AccessLog)))
    holds_nobody(_NOBODY)
    keep(
        Rule("access_log", _("Access log"), AccessEntry, drop=access_entries_drop),
        Rule("changes", _("What staff did"), LogEntry, moment="action_time"),
        Rule("log_ins", _("Log-ins"), AccessLog, moment="attempt_time"),
        Rule("log_ins", _("Log-ins"), AccessFailureLog, moment="attempt_time"),
        Rule("log_ins", _("Log-ins"), AccessAttempt, moment="attempt_time"),
        Rule("changes", _("Reports of retention"), RetentionNight, moment="day"),
    )


def access_entries_drop(rows: QuerySet[Any]) -> None:
    """The only deed that the table's trigger lets pass, and only for rows that are old enough."""
    until = timezone.now() - timedelta(days=settings.RETENTION_ACCESS_LOG)
    with connection.cursor() as cursor:
        cursor.execute("select set_config('c2s.access_log_until', %s, true)", [until.isoformat()])
        rows.delete()
        cursor.execute("select set_config('c2s.access_log_until', '', true)")


def _log_ins(model: type[Model]) -> Holding:
    """Anybody may type somebody's number where a name belongs."""
    written = [f.name for f in model._meta.concrete_fields if isinstance(f, models.CharField | models.TextField)]

    def of(subject: Subject) -> Q:
        found = Q(pk__in=[])
        for name in written if subject.pattern else ():
            found |= Q(**{f"{name}__regex": subject.pattern})
        return found

    return Holding(
        model,
        what=_("Names that were typed to log in, and addresses of machines"),
        why=_("so that who tries passwords is noticed"),
        of=of,
        kept="log_ins",
    )


def _entries_about(subject: Subject) -> Q:
    about = Q(pk__in=[])
    for label, ids in subject.ids.items():
        app, model = label.split(".")
        about |= Q(content_type__app_label=app, content_type__model=model, object_id__in=[str(pk) for pk in ids])
    return about


_STAFF = "staff of the house, no leads"
_NOBODY = {
    "auth.user": _STAFF,
    "auth.group": "names of roles",
    "auth.permission": "names of permissions",
    "axes.accessattemptexpiration": "when a lock ends",
    "c2s_enrich.apikey": "names of programs",
    "c2s_enrich.retentionnight": "how many rows went",
    "c2s_enrich.suppressed": "keyed hashes, which are what erasure leaves on purpose",
    "contenttypes.contenttype": "names of tables",
    "otp_totp.totpdevice": _STAFF,
    "procrastinate.procrastinateevent": "the queue's book-keeping: numbers of jobs",
    "procrastinate.procrastinatejob": "ids of runs and batches",
    "procrastinate.procrastinateperiodicdefer": "the queue's book-keeping",
    "procrastinate.procrastinateworker": "the queue's book-keeping",
    "sessions.session": "who of staff is logged in; the contents are signed and name nobody else",
}

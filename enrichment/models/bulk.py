from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7


class Brings(models.TextChoices):
    """What a row of the file is."""

    CONTACTS = "contacts", _("Contacts")
    PARTIES = "parties", _("People and companies")
    PROPERTIES = "properties", _("Properties")


class BulkState(models.TextChoices):
    UPLOADING = "uploading", _("Being uploaded")
    READY = "ready", _("Waiting to be started")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


HAS_FILE = (BulkState.UPLOADING, BulkState.READY, BulkState.RUNNING)


class BulkImport(models.Model):
    """A file of contacts, parties or properties: how it is read, and how far it has come in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    brings = models.CharField(_("brings"), max_length=10, choices=Brings)
    state = models.CharField(_("state"), max_length=10, choices=BulkState, default=BulkState.UPLOADING)
    file_name = models.CharField(_("file"), max_length=120)
    size = models.BigIntegerField(_("size"), default=0)
    # SHA-256 of its content: the same file is known again
    digest = models.CharField(max_length=64, blank=True, editable=False)
    # format, encoding, separator, headings, about how many rows
    layout = models.JSONField(default=dict)
    # per column: what it is, or nothing
    columns = ArrayField(models.CharField(max_length=20, blank=True), default=list)
    # what the values of an import are dated with: those of the same file by when it first came
    told_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    # how its rows would fare by these columns, as far as a worker has read; and until when that worker counts as alive
    checked = models.JSONField(default=dict, db_default={}, editable=False)
    check_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    # read by a command from where it lies, and not kept here
    is_local = models.BooleanField(default=False, editable=False)
    # as the file counts them; what was read before is passed over by whoever goes on
    last_row = models.PositiveIntegerField(default=0, editable=False)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    made = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("known already"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    # who came in is asked about with the providers, within a sum
    is_enriching = models.BooleanField(default=False, db_default=False, editable=False)
    budget = models.DecimalField(_("budget"), max_digits=16, decimal_places=4, null=True, blank=True)
    # what is set aside for whoever is just asked about included
    spent = models.DecimalField(_("spent"), max_digits=16, decimal_places=4, default=0, db_default=0)
    to_ask = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    asked = models.PositiveIntegerField(_("asked about"), default=0, db_default=0)
    enriched = models.PositiveIntegerField(_("enriched"), default=0, db_default=0)
    # of the parties in the order of their ids; who was asked about before is passed over by whoever goes on
    asked_to = models.UUIDField(null=True, blank=True, editable=False)
    # in a row, of the provider that is asked
    failures = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # why it failed, or ended early
    error = models.CharField(_("what happened"), max_length=60, blank=True)
    # whoever imports it has it until then
    owner = models.CharField(max_length=80, blank=True, editable=False)
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "bulk_imports"
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        permissions = [("run_bulkimport", _("Can import files of contacts, parties and properties"))]
        constraints = [
            models.CheckConstraint(condition=Q(brings__in=Brings.values), name="bulk_imports_brings_is_known"),
            models.CheckConstraint(condition=Q(state__in=BulkState.values), name="bulk_imports_state_is_known"),
        ]
        indexes = [
            # open work
            models.Index(fields=["due_at"], condition=Q(state="running"), name="bulk_imports_open"),
            models.Index(fields=["due_at"], condition=Q(is_enriching=True), name="bulk_imports_enriching"),
            # did this very file come before?
            models.Index(fields=["digest"], name="bulk_imports_by_digest"),
        ]

    def __str__(self) -> str:
        return self.file_name


class BulkChunk(models.Model):
    """A piece of the file, from its upload until it has come in; sealed, for a backup may be made meanwhile."""

    id = models.BigAutoField(primary_key=True)
    bulk_import = models.ForeignKey(BulkImport, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        db_table = "bulk_import_chunks"
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of files")
        constraints = [
            # a piece that is sent again takes the place of the first
            models.UniqueConstraint(fields=["bulk_import", "number"], name="bulk_import_chunks_once"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class BulkRefusal(models.Model):
    """A row that did not come in, or came in without some of its values; and why."""

    id = models.BigAutoField(primary_key=True)
    bulk_import = models.ForeignKey(BulkImport, on_delete=models.CASCADE, related_name="refusals", db_index=False)
    row = models.PositiveIntegerField(_("row"))
    is_whole = models.BooleanField(_("refused"), default=True)
    # `phone:too_short`
    why = models.CharField(_("why"), max_length=300)
    cells = models.JSONField(_("cells"), default=list)

    class Meta:
        db_table = "bulk_import_refusals"
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        indexes = [
            # the file of refused rows, in the order of the file that came
            models.Index(fields=["bulk_import", "row"], name="bulk_import_refusals_in_order")
        ]

    def __str__(self) -> str:
        return str(self.row)


class BulkParty(models.Model):
    """Who came in with a file: to be enriched together, if somebody wants that."""

    id = models.BigAutoField(primary_key=True)
    bulk_import = models.ForeignKey(BulkImport, on_delete=models.CASCADE, related_name="parties", db_index=False)
    # a number, not a foreign key: it goes with the import, whatever becomes of the party
    party_id = models.UUIDField()

    class Meta:
        db_table = "bulk_import_parties"
        verbose_name = _("imported party")
        verbose_name_plural = _("imported parties")
        constraints = [
            # also serves "who is to be asked about next?"
            models.UniqueConstraint(fields=["bulk_import", "party_id"], name="bulk_import_parties_once"),
        ]

    def __str__(self) -> str:
        return str(self.party_id)

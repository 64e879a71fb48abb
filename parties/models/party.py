from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from c2s_enrich.privacy.suppression import CPF, PersonSuppressed, is_suppressed
from parties.names import folded
from parties.plain_text import name_word


class Kind(models.TextChoices):
    PERSON = "person", _("Person")
    COMPANY = "company", _("Company")


class Party(models.Model):
    """The golden record: one row for one person or company, whoever told us of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    cpf_cnpj = models.CharField(_("CPF/CNPJ"), max_length=14, null=True, blank=True)  # noqa: DJ001  null is "unknown", and only null may repeat under the unique key
    name = models.CharField(_("name"), max_length=255, blank=True)
    folded_name = models.CharField(max_length=255, blank=True, editable=False)
    enriched = models.BooleanField(_("enriched"), default=False)
    enriched_at = models.DateTimeField(_("enriched at"), null=True, blank=True)
    origins = models.JSONField(
        _("origins"),
        default=dict,
        blank=True,
        help_text=_("Per value: its source and date, differing values seen, and whether staff pinned it."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # made in this very transaction: nobody else sees it yet, and nothing else is on file of it
    is_new = False

    class Meta:
        db_table = "parties"
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        permissions = [
            ("view_document_in_clear", _("Can see documents and contacts in clear")),
            ("merge_party", _("Can merge two parties and undo it")),
        ]
        constraints = [
            # one golden record per person and company; also serves every look-up by CPF or CNPJ
            models.UniqueConstraint(fields=["cpf_cnpj"], name="parties_one_per_document"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="parties_kind_is_known"),
            models.CheckConstraint(
                condition=Q(cpf_cnpj=None)
                | Q(kind="person", cpf_cnpj__regex=r"^[0-9]{11}$")
                | Q(kind="company", cpf_cnpj__regex=r"^[0-9A-Z]{12}[0-9]{2}$"),
                name="parties_document_fits_kind",
            ),
        ]
        indexes = [
            # search by name: words in any order, by prefix
            GinIndex(SearchVector("folded_name", config="simple"), name="parties_name_words"),
            # search by first name and surname: of a common pair the shortest names, without reading the others
            models.Index(name_word(1), name_word(-1), Length("folded_name"), "id", name="parties_name_ends"),
            # the admin's list, newest first
            models.Index(fields=["-updated_at", "-id"], name="parties_newest"),
            # warming the cache: the people enriched last
            models.Index(fields=["-enriched_at"], condition=Q(enriched=True), name="parties_enriched_last"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.pk)

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if self.cpf_cnpj and self._state.adding and is_suppressed(CPF, self.cpf_cnpj):
            raise PersonSuppressed
        self.fold_name()
        if update_fields is not None and "name" in update_fields:
            update_fields = {*update_fields, "folded_name"}
        super().save(update_fields=update_fields, **kwargs)

    def fold_name(self) -> None:
        """As it is searched for; whoever stores a party without `save` calls this."""
        self.folded_name = folded(self.name)[:255]


class Person(models.Model):
    """What is known of a person beyond the name and the CPF."""

    party = models.OneToOneField(Party, on_delete=models.CASCADE, primary_key=True, related_name="person")
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=20, blank=True)
    mother_name = models.CharField(_("mother"), max_length=255, blank=True)
    father_name = models.CharField(_("father"), max_length=255, blank=True)
    marital_status = models.CharField(_("marital status"), max_length=60, blank=True)
    birthplace = models.CharField(_("birthplace"), max_length=120, blank=True)
    education = models.CharField(_("education"), max_length=120, blank=True)
    nationality = models.CharField(_("nationality"), max_length=60, blank=True)
    occupation = models.CharField(_("occupation"), max_length=160, blank=True)
    registration_status = models.CharField(_("CPF status"), max_length=60, blank=True)
    deceased = models.BooleanField(_("deceased"), null=True, blank=True)
    politically_exposed = models.BooleanField(_("politically exposed"), null=True, blank=True)

    class Meta:
        db_table = "people"
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return str(self.party_id)


class Company(models.Model):
    """What is known of a company beyond the name and the CNPJ."""

    party = models.OneToOneField(Party, on_delete=models.CASCADE, primary_key=True, related_name="company")
    legal_name = models.CharField(_("legal name"), max_length=255, blank=True)
    trade_name = models.CharField(_("trade name"), max_length=255, blank=True)
    size = models.CharField(_("size"), max_length=60, blank=True)
    industry = models.CharField(_("industry"), max_length=255, blank=True)
    founded_on = models.DateField(_("founded on"), null=True, blank=True)

    class Meta:
        db_table = "companies"
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return str(self.party_id)

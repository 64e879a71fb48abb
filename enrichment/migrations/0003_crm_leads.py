import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("enrichment", "0002_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="crm_id",
            field=models.CharField(blank=True, default="", max_length=191, verbose_name="lead id in the CRM"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="lead",
            name="details",
            field=models.JSONField(blank=True, default=dict, verbose_name="further details"),
        ),
        migrations.AddField(
            model_name="lead",
            name="is_test",
            field=models.BooleanField(
                default=False, help_text="Nobody is asked or told about it.", verbose_name="test"
            ),
        ),
        migrations.RunSQL(
            "update leads set crm_id = lead_id where source in ('c2s', 'import')", reverse_sql=migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("crm_id", ""), _negated=True), fields=["crm_id"], name="leads_by_crm_id"
            ),
        ),
        migrations.CreateModel(
            name="CrmCreation",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="crm_creation",
                        serialize=False,
                        to="enrichment.lead",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("creating", "Being created"), ("created", "Created")],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("unsure_since", models.DateTimeField(blank=True, null=True, verbose_name="unsure since")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                ("lease_until", models.DateTimeField(blank=True, null=True, verbose_name="leased until")),
                ("lease_owner", models.CharField(blank=True, max_length=40)),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="what happened")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="asked for at"
                    ),
                ),
                (
                    "carries",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="enrichment.leadmessage",
                    ),
                ),
            ],
            options={
                "verbose_name": "lead to create in the CRM",
                "verbose_name_plural": "leads to create in the CRM",
                "db_table": "crm_creations",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "created"), _negated=True),
                        fields=["due_at"],
                        name="crm_creations_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "creating", "created"])),
                        name="crm_creations_state_is_known",
                    )
                ],
            },
        ),
    ]

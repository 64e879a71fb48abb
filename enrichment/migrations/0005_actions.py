import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import c2s_enrich.ids


class Migration(migrations.Migration):
    dependencies = [
        ("enrichment", "0004_hourly_figures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=c2s_enrich.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("rerun", "Re-run"),
                            ("force", "Re-run, asking the providers anew"),
                            ("resend", "Send the message again"),
                            ("reviewed", "Mark as reviewed"),
                            ("ignore", "Ignore"),
                        ],
                        max_length=10,
                        verbose_name="action",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Under way"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("total", models.PositiveIntegerField(verbose_name="leads")),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
            ],
            options={
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "db_table": "batches",
            },
        ),
        migrations.CreateModel(
            name="BatchItem",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("started", "Under way"),
                            ("done", "Done"),
                            ("skipped", "Skipped"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=300, verbose_name="why")),
                ("run_id", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "lead of a batch",
                "verbose_name_plural": "leads of a batch",
                "db_table": "batch_items",
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "ruling",
                    models.CharField(
                        choices=[("chosen", "Person chosen"), ("reviewed", "Reviewed"), ("ignored", "Ignored")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("cpf", models.CharField(blank=True, max_length=11, verbose_name="CPF")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
            ],
            options={
                "verbose_name": "decision",
                "verbose_name_plural": "decisions",
                "db_table": "lead_decisions",
            },
        ),
        migrations.AlterModelOptions(
            name="lead",
            options={
                "permissions": [
                    ("rerun_lead", "Can re-run leads"),
                    ("force_lead", "Can re-run leads asking the providers anew, which costs money"),
                    ("resend_lead", "Can send a lead's message again"),
                    ("review_lead", "Can decide who a lead is, mark as reviewed and ignore"),
                ],
                "verbose_name": "lead",
                "verbose_name_plural": "leads",
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="chosen_cpf",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=11, verbose_name="CPF chosen by staff"
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="ignored_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ignored since"),
        ),
        migrations.AddField(
            model_name="run",
            name="repeats",
            field=models.UUIDField(blank=True, null=True, verbose_name="repeats the message"),
        ),
        migrations.AddField(
            model_name="run",
            name="reviewed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="reviewed at"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("reviewed_at", None), ("state", "needs_review")),
                fields=["id"],
                name="runs_to_review",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="started by",
            ),
        ),
        migrations.AddField(
            model_name="batchitem",
            name="batch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="items", to="enrichment.batch"
            ),
        ),
        migrations.AddField(
            model_name="batchitem",
            name="lead",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="enrichment.lead"
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="lead",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="enrichment.lead",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="run",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="decisions", to="enrichment.run"
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(condition=models.Q(("state", "open")), fields=["due_at"], name="batches_open"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("deed__in", ["rerun", "force", "resend", "reviewed", "ignore"])),
                name="batches_deed_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "done", "cancelled"])), name="batches_state_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="batchitem",
            index=models.Index(fields=["batch", "state", "id"], name="batch_items_by_state"),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(fields=("batch", "lead"), name="batch_items_once_per_lead"),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "started", "done", "skipped", "failed", "cancelled"])),
                name="batch_items_state_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["lead", "-id"], name="lead_decisions_of_lead"),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("ruling__in", ["chosen", "reviewed", "ignored"])), name="lead_decisions_ruling"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("ruling", "chosen"), ("cpf", ""), _connector="XOR"),
                name="lead_decisions_chosen_has_cpf",
            ),
        ),
    ]

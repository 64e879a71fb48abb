import django.contrib.postgres.fields
import django.utils.timezone
from django.db import migrations, models

import c2s_enrich.ids

# What was noted stays as it was noted. Only retention may let go of rows, and of old ones alone; replicas and restores
# are not hindered, for ordinary triggers do not fire there.
_GUARD = """
create function access_log_is_only_added_to() returns trigger language plpgsql as $$
declare until text := coalesce(current_setting('c2s.access_log_until', true), '');
begin
  if tg_op = 'DELETE' and until <> '' then
    if old.at < until::timestamptz and old.at < now() - interval '30 days' then return old; end if;
  end if;
  raise exception 'the access log is only added to' using errcode = 'insufficient_privilege';
end $$;
create trigger access_log_rows before update or delete on access_log
  for each row execute function access_log_is_only_added_to();
create trigger access_log_whole before truncate on access_log
  for each statement execute function access_log_is_only_added_to();
"""
_UNGUARD = """
drop trigger access_log_rows on access_log;
drop trigger access_log_whole on access_log;
drop function access_log_is_only_added_to();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("c2s_enrich", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionNight",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False, verbose_name="night")),
                ("removed", models.JSONField(default=dict, verbose_name="removed")),
                ("busy_until", models.DateTimeField(null=True)),
                ("began_at", models.DateTimeField(null=True, verbose_name="began")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "night of retention",
                "verbose_name_plural": "retention",
                "db_table": "retention_nights",
            },
        ),
        migrations.CreateModel(
            name="AccessEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(default=c2s_enrich.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "kind",
                    models.CharField(
                        choices=[("staff", "Staff"), ("key", "API key"), ("command", "Command")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("who", models.CharField(max_length=150, verbose_name="who")),
                ("thing", models.CharField(max_length=60, verbose_name="what was seen")),
                ("thing_id", models.CharField(blank=True, max_length=64, verbose_name="its id")),
                ("party_id", models.UUIDField(blank=True, null=True, verbose_name="party")),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None, verbose_name="fields"
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="why")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request id")),
            ],
            options={
                "verbose_name": "access",
                "verbose_name_plural": "access log",
                "db_table": "access_log",
                "indexes": [
                    models.Index(
                        condition=models.Q(("party_id", None), _negated=True),
                        fields=["party_id", "-id"],
                        name="access_log_of_party",
                    ),
                    models.Index(fields=["thing_id", "-id"], name="access_log_of_thing"),
                    models.Index(fields=["who", "-id"], name="access_log_by_who"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["staff", "key", "command"])), name="access_log_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppressed",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("cpf", "CPF"), ("contact", "Contact"), ("lead", "Lead")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("request_id", models.UUIDField(null=True, verbose_name="request")),
                ("since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="since")),
            ],
            options={
                "verbose_name": "suppressed",
                "verbose_name_plural": "suppressed",
                "db_table": "suppressed",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["cpf", "contact", "lead"])), name="suppressed_kind"
                    )
                ],
            },
        ),
        migrations.RunSQL(_GUARD, _UNGUARD),
    ]

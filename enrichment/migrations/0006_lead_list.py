import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models

_KEEP = """
update leads l set outcome = r.state, outcome_tier = r.tier from (
  select distinct on (lead_id) lead_id, state, tier from runs
  where repeats is null and state not in ('queued', 'running') order by lead_id, id desc) r
where r.lead_id = l.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("enrichment", "0005_actions"),
        ("parties", "0003_merging"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="outcome",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=12, verbose_name="outcome"
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="outcome_tier",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=8),
        ),
        migrations.RunSQL(_KEEP, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                django.db.models.functions.text.Right(
                    models.Func(
                        "phone2",
                        models.Value("[^0-9]"),
                        models.Value(""),
                        models.Value("g"),
                        function="regexp_replace",
                        output_field=models.CharField(),
                    ),
                    8,
                ),
                condition=models.Q(("phone2", ""), _negated=True),
                name="leads_by_second_phone",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                models.Func(
                    "document",
                    models.Value("[^0-9]"),
                    models.Value(""),
                    models.Value("g"),
                    function="regexp_replace",
                    output_field=models.CharField(),
                ),
                condition=models.Q(("document", ""), _negated=True),
                name="leads_by_document",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector(
                    models.Func(
                        models.Func(
                            django.db.models.functions.text.Upper(
                                models.Func(
                                    models.Func(
                                        "customer_name",
                                        function="normalize",
                                        template="%(function)s(%(expressions)s, NFKC)",
                                    ),
                                    models.Value("'’‘`´"),
                                    models.Value(""),
                                    function="translate",
                                    output_field=models.CharField(),
                                )
                            ),
                            models.Value("ÀÁÂÃÄÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜ"),
                            models.Value("AAAAACEEEEIIIINOOOOOUUUU"),
                            function="translate",
                            output_field=models.CharField(),
                        ),
                        models.Value("[^[:alnum:]]+"),
                        models.Value(" "),
                        models.Value("g"),
                        function="regexp_replace",
                    ),
                    config="simple",
                ),
                name="leads_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["outcome", "-received_at", "-id"], name="leads_by_outcome"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["outcome_tier", "-received_at", "-id"], name="leads_by_tier"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["source", "-received_at", "-id"], name="leads_by_source"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["seller", "-received_at", "-id"], name="leads_by_seller"),
        ),
    ]

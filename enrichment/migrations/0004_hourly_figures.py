from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("enrichment", "0003_crm_leads"),
    ]

    operations = [
        migrations.CreateModel(
            name="HourlyFigures",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False, verbose_name="hour")),
                ("counted_at", models.DateTimeField(verbose_name="counted at")),
                ("leads", models.PositiveIntegerField(default=0, verbose_name="leads")),
                ("outcomes", models.JSONField(default=dict, verbose_name="outcomes")),
                ("waits", models.JSONField(default=dict, verbose_name="waits")),
                ("discoveries_avoided", models.PositiveIntegerField(default=0, verbose_name="discoveries avoided")),
                ("profiles_avoided", models.PositiveIntegerField(default=0, verbose_name="profiles avoided")),
            ],
            options={
                "verbose_name": "hourly figures",
                "verbose_name_plural": "hourly figures",
                "db_table": "hourly_figures",
                "permissions": [
                    ("view_cache", "Can see what the caches are worth"),
                    ("drop_cache", "Can drop what is cached"),
                ],
            },
        ),
    ]

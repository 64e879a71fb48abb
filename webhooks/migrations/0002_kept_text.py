from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="webhookevent",
            name="payload",
            field=models.JSONField(null=True, verbose_name="payload"),
        ),
        migrations.AddField(
            model_name="webhookevent",
            name="text",
            field=models.TextField(blank=True, default="", verbose_name="text"),
            preserve_default=False,
        ),
    ]

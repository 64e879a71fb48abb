from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrichment", "0008_shadow_messages")]

    operations = [
        migrations.AddField(
            model_name="discovery",
            name="sealed",
            field=models.TextField(blank=True, db_default="", editable=False),
        ),
    ]

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="address",
            index=models.Index(
                models.Func(
                    django.db.models.functions.text.Upper("city"),
                    models.Value("ÀÁÂÃÄÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜ"),
                    models.Value("AAAAACEEEEIIIINOOOOOUUUU"),
                    function="translate",
                    output_field=models.CharField(),
                ),
                name="addresses_by_city",
            ),
        ),
    ]

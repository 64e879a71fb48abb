from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Length


def word(place: int) -> models.Func:
    return models.Func(
        "folded_name",
        models.Value(" "),
        models.Value(place),
        function="split_part",
        output_field=models.CharField(),
    )


class Migration(migrations.Migration):
    # production's size takes seconds to index, in which parties are to be filed all the same
    atomic = False

    dependencies = [
        ("parties", "0004_change_history_and_data_requests"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="party",
            index=models.Index(word(1), word(-1), Length("folded_name"), models.F("id"), name="parties_name_ends"),
        ),
    ]

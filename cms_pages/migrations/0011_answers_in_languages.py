"""Steps of guides, questions and listed files have their words in every language."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

MODELS = ("guidestep", "faqquestion", "listedfile")


def in_the_language_of_their_page(apps, schema_editor):
    """Each row gets its page's language and a key of its own."""
    for name in MODELS:
        model = apps.get_model("cms_pages", name)
        for row in model.objects.select_related("page").iterator():
            row.locale_id, row.translation_key = row.page.locale_id, uuid.uuid4()
            row.save(update_fields=["locale", "translation_key"])


class Migration(migrations.Migration):
    dependencies = [("cms_pages", "0010_languages")]

    operations = [
        *[
            operation
            for name in MODELS
            for operation in (
                migrations.AddField(
                    name,
                    "locale",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wagtailcore.locale",
                        verbose_name="locale",
                    ),
                ),
                migrations.AddField(
                    name, "translation_key", models.UUIDField(default=uuid.uuid4, editable=False, null=True)
                ),
            )
        ],
        migrations.RunPython(in_the_language_of_their_page, migrations.RunPython.noop),
        # Foreign keys written above are checked before the tables change again.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        *[
            operation
            for name in MODELS
            for operation in (
                migrations.AlterField(
                    name,
                    "locale",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wagtailcore.locale",
                        verbose_name="locale",
                    ),
                ),
                migrations.AlterField(
                    name, "translation_key", models.UUIDField(default=uuid.uuid4, editable=False)
                ),
                migrations.AlterUniqueTogether(name, {("translation_key", "locale")}),
            )
        ],
    ]

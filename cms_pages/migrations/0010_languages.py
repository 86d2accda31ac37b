"""Languages of content, texts that are easy to read, films in sign language, and what a translation renders."""

import django.db.models.deletion
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


CODES = ("pl", "en", "uk")


def add_locales(apps, schema_editor):
    """Pages can be translated as soon as their language is there; the editors' screens do not add languages."""
    for code in CODES:
        apps.get_model("wagtailcore", "Locale").objects.get_or_create(language_code=code)


class Migration(migrations.Migration):

    dependencies = [
        ('cms_pages', '0009_calendar_feed'),
        ('filer', '0018_alter_file_options'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.RunPython(add_locales, migrations.RunPython.noop),
        migrations.AddField(
            model_name='servicepage',
            name='easy_text',
            field=wagtail.fields.RichTextField(blank=True, help_text='Short sentences, one thought each, no hard words. It has a page of its own with large letters.', verbose_name='easy-to-read text'),
        ),
        migrations.AddField(
            model_name='servicepage',
            name='sign_file',
            field=models.ForeignKey(blank=True, help_text='An MP4 file marked public in the library. Nothing of it is loaded before the reader asks for it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='filer.file', verbose_name='film in Polish Sign Language, from the library'),
        ),
        migrations.AddField(
            model_name='servicepage',
            name='sign_url',
            field=models.URLField(blank=True, help_text='An address on another site; the reader is told before leaving.', verbose_name='film in Polish Sign Language, elsewhere'),
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('pending', models.CharField(blank=True, max_length=64)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('original', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='translations', to='cms_pages.wording')),
                ('page', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='wording', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': 'wording of a page',
                'verbose_name_plural': 'wordings of pages',
                'default_permissions': (),
            },
        ),
    ]

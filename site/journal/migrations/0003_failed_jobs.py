"""Failed jobs are found without reading the finished ones (metrics, the page of problems)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0002_append_only"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX journal_jobs_failed ON procrastinate_jobs (queue_name) WHERE status = 'failed'",
            "DROP INDEX journal_jobs_failed",
        )
    ]

from django.db import migrations


class Migration(migrations.Migration):
    """A published form version never changes and never goes away: old filings stay readable."""

    dependencies = [("cms_pages", "0003_forms")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION form_version_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'form versions are immutable' USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER form_version_immutable BEFORE UPDATE OR DELETE ON cms_pages_formversion
                FOR EACH ROW EXECUTE FUNCTION form_version_immutable();
            """,
            "DROP FUNCTION form_version_immutable() CASCADE;",
        ),
    ]

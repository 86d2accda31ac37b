"""What the keeping promises, held by the database too: numbers once given stay, versions and blobs never change."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE FUNCTION documents_keep_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'documents_case' THEN
        IF OLD.reference IS NOT NULL AND (NEW.reference, NEW.number, NEW.year, NEW.classification_id)
           IS DISTINCT FROM (OLD.reference, OLD.number, OLD.year, OLD.classification_id) THEN
            RAISE EXCEPTION 'a case reference is never changed (case %)', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF OLD.number IS NOT NULL AND (NEW.register_number, NEW.number, NEW.year, NEW.direction, NEW.body_id)
          IS DISTINCT FROM (OLD.register_number, OLD.number, OLD.year, OLD.direction, OLD.body_id) THEN
        RAISE EXCEPTION 'a register number is never changed (letter %)', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION documents_keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION documents_count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.value <> OLD.value + 1 THEN
        RAISE EXCEPTION 'a counter goes up by one (%)', OLD.scope USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_number BEFORE UPDATE ON documents_case FOR EACH ROW EXECUTE FUNCTION documents_keep_number();
CREATE TRIGGER keep_number BEFORE UPDATE ON documents_letter FOR EACH ROW EXECUTE FUNCTION documents_keep_number();
CREATE TRIGGER keep_numbered BEFORE DELETE ON documents_case FOR EACH ROW WHEN (OLD.reference IS NOT NULL)
    EXECUTE FUNCTION documents_keep_row();
CREATE TRIGGER keep_numbered BEFORE DELETE ON documents_letter FOR EACH ROW WHEN (OLD.number IS NOT NULL)
    EXECUTE FUNCTION documents_keep_row();
CREATE TRIGGER keep_content BEFORE UPDATE OF document_id, number, blob_id, file_name, author_id, created_at
    ON documents_documentversion FOR EACH ROW
    WHEN ((OLD.document_id, OLD.number, OLD.blob_id, OLD.file_name, OLD.created_at)
          IS DISTINCT FROM (NEW.document_id, NEW.number, NEW.blob_id, NEW.file_name, NEW.created_at))
    EXECUTE FUNCTION documents_keep_row();
CREATE TRIGGER keep_content BEFORE UPDATE ON documents_blob FOR EACH ROW
    WHEN ((OLD.sha256, OLD.size) IS DISTINCT FROM (NEW.sha256, NEW.size)) EXECUTE FUNCTION documents_keep_row();
CREATE TRIGGER keep_row BEFORE DELETE ON documents_receipt FOR EACH ROW EXECUTE FUNCTION documents_keep_row();
CREATE TRIGGER keep_facts BEFORE UPDATE ON documents_receipt FOR EACH ROW
    WHEN ((OLD.number, OLD.document_sha256, OLD.happened_at, OLD.made_at, OLD.facts)
          IS DISTINCT FROM (NEW.number, NEW.document_sha256, NEW.happened_at, NEW.made_at, NEW.facts)
          OR (OLD.signed_at IS NOT NULL AND (OLD.signed_at, OLD.xml_id, OLD.pdf_id)
              IS DISTINCT FROM (NEW.signed_at, NEW.xml_id, NEW.pdf_id)))
    EXECUTE FUNCTION documents_keep_row();
CREATE TRIGGER count_up BEFORE UPDATE ON documents_counter FOR EACH ROW EXECUTE FUNCTION documents_count_up();
CREATE TRIGGER keep_row BEFORE DELETE ON documents_counter FOR EACH ROW EXECUTE FUNCTION documents_keep_row();
"""
UNDO = """
DROP FUNCTION documents_keep_number() CASCADE;
DROP FUNCTION documents_keep_row() CASCADE;
DROP FUNCTION documents_count_up() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]

"""What the database itself holds: entries are stamped and queued for sealing, and nothing sealed can be changed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION journal_stamp_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION journal_queue_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal_pending (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- The one change a detail allows: it is emptied, for good, by a named entry.
CREATE FUNCTION journal_erase_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.text <> '' AND NEW.text = '' AND NEW.salt = '' AND OLD.erased_by_id IS NULL
       AND NEW.erased_by_id IS NOT NULL AND NEW.entry_id = OLD.entry_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a detail can only be erased' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER journal_entry_stamp BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_stamp_entry();
CREATE TRIGGER journal_entry_queue AFTER INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_queue_entry();
CREATE TRIGGER journal_entry_keep BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_seal_keep BEFORE UPDATE OR DELETE ON journal_seal
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_checkpoint_keep BEFORE UPDATE OR DELETE ON journal_checkpoint
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_entrydetail_keep BEFORE DELETE ON journal_entrydetail
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_entrydetail_erase BEFORE UPDATE ON journal_entrydetail
    FOR EACH ROW EXECUTE FUNCTION journal_erase_only();

CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_entry EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_seal EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_checkpoint EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_entrydetail EXECUTE FUNCTION journal_refuse();

-- Every entry passes through pending once: vacuum by count, at full speed, whatever the table's size.
ALTER TABLE journal_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
-- Rows that are updated all the time: room for the new version on the same page.
ALTER TABLE journal_head SET (fillfactor = 50);
ALTER TABLE journal_sealstate SET (fillfactor = 50);
ALTER TABLE journal_cursor SET (fillfactor = 50);
"""

BACKWARD = """
DROP FUNCTION journal_stamp_entry, journal_queue_entry, journal_refuse, journal_erase_only CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

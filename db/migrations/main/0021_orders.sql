-- Comments and files are read in the order of the index, by made_at and id: nothing is sorted.
DROP INDEX record_comment_record;
CREATE INDEX record_comment_record ON record_comment (record_id, made_at, id);
DROP INDEX attachment_record;
CREATE INDEX attachment_record ON attachment (record_id, made_at, id);

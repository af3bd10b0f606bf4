-- Which references were pointed from the gone record to the kept one; sealed under the gone one's
-- key, as they tell who belongs to whom.
ALTER TABLE record_join ADD COLUMN refs %BLOB%;

-- What a person may wish of who works with them.

ALTER TABLE staff ADD COLUMN gender TEXT; -- female, male; NULL = not said

-- References to people are in the index too: a merge has to find them. 0: not put in yet; the next
-- catching up does it.
ALTER TABLE applied ADD COLUMN refs %INT% NOT NULL DEFAULT 0;

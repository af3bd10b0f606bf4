-- Notifications that come once: while an unread one about the same thing is there, no other is made.

ALTER TABLE notification ADD COLUMN topic TEXT; -- such as case/ID or tasks; NULL = each one counts

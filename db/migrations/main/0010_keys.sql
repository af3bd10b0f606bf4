-- Shortcuts of one key can be switched off by who does not want them.

ALTER TABLE staff ADD COLUMN keys_off %INT%; -- 1: off

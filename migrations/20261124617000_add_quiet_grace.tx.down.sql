ALTER TABLE calls DROP COLUMN grace_minutes;

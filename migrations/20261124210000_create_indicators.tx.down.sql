DROP TABLE indicator_targets;
DROP TABLE indicators;

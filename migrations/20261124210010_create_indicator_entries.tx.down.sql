DROP TABLE indicator_entries;

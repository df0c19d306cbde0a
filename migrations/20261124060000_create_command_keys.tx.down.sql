DROP TABLE command_keys;

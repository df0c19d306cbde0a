DROP TABLE step_ups, sessions;

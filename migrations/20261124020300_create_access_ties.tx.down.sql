DROP TABLE access_steps, access_ties;

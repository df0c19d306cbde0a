DROP TABLE organisation_bars;
DROP TABLE organisation_members;
DROP TABLE organisations;

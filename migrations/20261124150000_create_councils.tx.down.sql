DROP FUNCTION council_all_ballots(uuid);
DROP FUNCTION council_presiding(uuid, uuid, uuid);
DROP FUNCTION council_quorum(uuid, uuid);
DROP FUNCTION council_takes_part(uuid, uuid, uuid);
DROP FUNCTION council_barred(uuid, uuid);
DROP TABLE ballot_lines, ballots, council_items, council_matters, council_attendances, council_sessions, council_seats, councils;

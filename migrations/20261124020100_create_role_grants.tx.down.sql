DROP TABLE role_grant_proposals;
DROP TRIGGER sod_ok_person ON users;
DROP TABLE role_grants, sod_pairs;
DROP FUNCTION check_person_grants();
DROP FUNCTION check_role_grant();

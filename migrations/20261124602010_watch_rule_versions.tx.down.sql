DROP TRIGGER rule_versions_public ON rule_versions;

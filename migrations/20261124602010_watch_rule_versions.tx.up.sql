-- A page of the rules and of a call names the version of the rulebook: a new version makes the public pages anew.
CREATE TRIGGER rule_versions_public AFTER INSERT OR UPDATE OR DELETE ON rule_versions FOR EACH STATEMENT EXECUTE FUNCTION public_changed();

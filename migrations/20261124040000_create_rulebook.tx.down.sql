DROP TABLE rule_values;
DROP TABLE rule_versions;
DROP TABLE rules;

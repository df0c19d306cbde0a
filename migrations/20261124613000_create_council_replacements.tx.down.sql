DROP TABLE council_replacements;

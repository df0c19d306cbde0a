DROP TABLE call_addenda;
DROP TABLE call_criteria;
DROP TABLE calls;
DROP TABLE programmes;

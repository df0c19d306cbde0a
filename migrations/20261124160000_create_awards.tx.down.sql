DELETE FROM ledger.document_kinds WHERE kind = 'award_set';
DROP TABLE awards, award_sets, ranking_lines, rankings;

DELETE FROM ledger.document_kinds WHERE kind = 'award_set';

DROP TABLE review_scores, review_sheets, review_assignments, coi_declarations;

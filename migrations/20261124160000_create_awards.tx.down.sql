DROP TABLE awards, award_sets, ranking_lines, rankings;

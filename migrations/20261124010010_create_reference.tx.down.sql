DROP TABLE funding_sources;
DROP TABLE budget_items;
DROP TABLE budget_sectors;
DROP TABLE budget_chapters;
DROP TABLE banks;
DROP TABLE departments;
DROP TABLE communes;
DROP TABLE holidays;

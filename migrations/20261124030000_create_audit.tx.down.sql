DROP TABLE seal_heads, seal_hashes, seal_leaves, seal_trees, audit_log;
DROP SCHEMA audit CASCADE;

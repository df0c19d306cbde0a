DROP FUNCTION public_changed() CASCADE;
DROP TABLE public_changes;

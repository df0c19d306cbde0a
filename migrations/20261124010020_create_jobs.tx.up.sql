-- Work that may wait: taken by SKIP LOCKED under a lease, done at least once. Times here are of the machine
-- (clock_timestamp), never kb.now().
CREATE TABLE jobs (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind <> ''),
    arg        text NOT NULL,
    run_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_to  timestamptz,                              -- a worker has it until then
    attempts   int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error text,
    done_at    timestamptz,
    failed_at  timestamptz,                              -- given up: a person must look
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (done_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX jobs_waiting ON jobs (run_at) WHERE done_at IS NULL AND failed_at IS NULL;

-- When each regular task last ran, so that of many programs one runs it.
CREATE TABLE job_ticks (
    name   text PRIMARY KEY,
    ran_at timestamptz NOT NULL
);

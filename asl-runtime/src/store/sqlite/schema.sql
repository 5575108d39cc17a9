-- Version 1 of the file. A step of an execution writes a row of `entries` and changes one of `journals`; few change more.
-- Entries stand in the order of time, whosever they are, and rows of `journals` are small: the steps of many executions
-- that are committed together change few pages.

CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lease_until INTEGER NOT NULL
) STRICT;

-- ARNs that many executions name: machines, their versions and aliases, and parents.
CREATE TABLE arns (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    -- Of `arns`.
    machine INTEGER NOT NULL,
    version INTEGER,
    alias INTEGER,
    name TEXT NOT NULL,
    start_date INTEGER NOT NULL,
    -- Of `arns`; then either the Task or the index is there.
    parent INTEGER,
    parent_task INTEGER,
    parent_index INTEGER,
    owner INTEGER NOT NULL,
    -- 0 RUNNING, 1 SUCCEEDED, 2 FAILED, 3 TIMED_OUT, 4 ABORTED
    status INTEGER NOT NULL,
    sleeps_until INTEGER,
    stop_date INTEGER,
    outcome TEXT
) STRICT;

CREATE INDEX executions_running ON executions (owner) WHERE status = 0;
CREATE INDEX executions_by_machine ON executions (machine, status);
CREATE INDEX executions_by_version ON executions (version) WHERE version IS NOT NULL;
CREATE INDEX executions_by_alias ON executions (alias) WHERE alias IS NOT NULL;
CREATE INDEX executions_by_parent ON executions (parent) WHERE parent IS NOT NULL;

CREATE TABLE journals (
    execution INTEGER PRIMARY KEY,
    -- How many entries there are.
    version INTEGER NOT NULL,
    -- Of `entries`.
    first INTEGER,
    last INTEGER
) STRICT;

CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    execution INTEGER NOT NULL,
    -- The version that the journal has with this entry; the first is 1.
    version INTEGER NOT NULL,
    -- The entry before it.
    previous INTEGER,
    form INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE snapshots (
    execution INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    form INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    execution INTEGER NOT NULL,
    form INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX posts_by_execution ON posts (execution);

CREATE TABLE documents (
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (collection, name)
) STRICT;

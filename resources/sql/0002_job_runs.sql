-- SPDX-License-Identifier: Apache-2.0
-- What became of the starts of schedules. No part of the configuration: neither exported nor undone.

CREATE TABLE job_run (
    id         INTEGER PRIMARY KEY,
    app        TEXT NOT NULL,
    schedule   TEXT NOT NULL,
    started_by TEXT NOT NULL,
    state      TEXT NOT NULL,
    due_at     INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    exit_code  INTEGER NOT NULL,
    signal     INTEGER NOT NULL,
    cause      TEXT NOT NULL,
    output     TEXT NOT NULL,
    mark       TEXT NOT NULL
);
CREATE INDEX job_run_of_schedule ON job_run (app, schedule, id);

-- up_to: seconds; starts up to then were made, or told as missed.
CREATE TABLE schedule_mark (
    app      TEXT NOT NULL,
    schedule TEXT NOT NULL,
    times    TEXT NOT NULL,
    up_to    INTEGER NOT NULL,
    PRIMARY KEY (app, schedule)
) WITHOUT ROWID;

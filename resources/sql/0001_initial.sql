-- SPDX-License-Identifier: Apache-2.0
-- The configuration as rows under one global revision. Values are JSON.

CREATE TABLE object (
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL,
    json     TEXT NOT NULL,
    UNIQUE (kind, id)
);

-- Overrides only, so that defaults can improve. scope: engine, app, site; object_id is empty for the engine.
CREATE TABLE setting (
    scope      TEXT NOT NULL,
    object_id  TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (scope, object_id, key)
) WITHOUT ROWID;

-- diff: from the revision before, so that any kept revision can be told by going back from the newest.
CREATE TABLE revision (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    author  TEXT NOT NULL,
    summary TEXT NOT NULL,
    diff    TEXT NOT NULL
);

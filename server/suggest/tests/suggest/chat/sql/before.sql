-- The schema of the harbour.

CREATE TABLE ports (
    id SERIAL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    country CHAR(2) NOT NULL
);

CREATE TABLE ships (
    id SERIAL PRIMARY KEY,
    name TEXT NOT NULL,
    tonnage INTEGER,
    home_port INTEGER REFERENCES ports (id)
);

CREATE TABLE positions (
    ship_id INTEGER NOT NULL REFERENCES ships (id),
    seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    latitude DOUBLE PRECISION NOT NULL,
    longitude DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (ship_id, seen_at)
);

CREATE INDEX positions_seen_at ON positions (seen_at);

CREATE VIEW last_positions AS
SELECT DISTINCT ON (ship_id) ship_id, seen_at, latitude, longitude
FROM positions
ORDER BY ship_id, seen_at DESC;

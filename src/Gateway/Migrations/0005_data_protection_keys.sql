-- Keys of ASP.NET Data Protection, shared by the replicas of the gateway.
CREATE TABLE data_protection_keys (
    friendly_name text PRIMARY KEY,
    xml           text NOT NULL
);

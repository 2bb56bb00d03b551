-- A Runner keeps the connection's packaged connector running, whether or not it is needed.
ALTER TABLE connections ADD COLUMN always_on boolean NOT NULL DEFAULT false;

-- By stream, the column by which runs ask for what has changed; the streams that are not named are listed whole.
ALTER TABLE connections ADD COLUMN cursors jsonb NOT NULL DEFAULT '{}';

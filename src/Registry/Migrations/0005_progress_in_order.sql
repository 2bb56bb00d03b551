-- When the Installer said what is shown of a running install: its messages overtake each other.
ALTER TABLE installs ADD COLUMN progress_at timestamptz;

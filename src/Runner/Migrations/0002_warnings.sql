-- What a person should look at although the run has succeeded: an array of {code, message, remedy, stream}, as Ingest says it.
alter table runs add column warnings jsonb not null default '[]';

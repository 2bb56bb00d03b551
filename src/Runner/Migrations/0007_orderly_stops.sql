alter table runs
    -- How often a Runner that was stopped in order has handed the run on without an attempt being used up for it.
    add column stops integer not null default 0,
    -- The coming attempt is the one that was handed on.
    add column handed_on boolean not null default false;

-- What happened (event, append-only, hash-chained) and what stands (all the rest), changed together in one transaction.
create table event (
    seq bigint primary key,
    at text not null,
    kind text not null,
    subject text not null,
    body text not null,
    previous text not null,
    hash text not null);

create table run (
    id text primary key,
    number bigint not null unique,
    environment text not null,
    state text not null,
    started text not null,
    ended text,
    as_of text,
    plan text not null,
    release bigint,
    message text);

create table task (
    id text primary key,
    run text not null references run(id),
    position bigint not null,
    asset text not null,
    fingerprint text not null,
    kind text not null,
    intervals text not null,
    base bigint,
    state text not null,
    message text,
    started text,
    ended text);
create index task_run on task(run, position);
create index task_open on task(state) where state in ('queued', 'running');

create table attempt (
    task text not null references task(id),
    fence bigint not null,
    state text not null,
    started text not null,
    ended text,
    message text,
    primary key (task, fence));

create table definition (
    hash text primary key,
    file text not null,
    body text not null);

create table build (
    asset text not null,
    fingerprint text not null,
    definition text not null references definition(hash),
    detail text not null,
    created text not null,
    primary key (asset, fingerprint));

create table version (
    asset text not null,
    fingerprint text not null,
    number bigint not null,
    seq bigint not null unique,
    task text not null unique,
    fence bigint not null,
    entry_hash text not null,
    committed text not null,
    origin text not null,
    body text not null,
    primary key (asset, fingerprint, number));
create index version_origin on version(asset, fingerprint, origin);

create table release (
    id bigint primary key,
    environment text not null,
    at text not null,
    kind text not null,
    run text,
    target bigint,
    message text);
create index release_environment on release(environment, id);

-- A pointer that a release moved. A null side means that the environment had, or has, no such asset.
create table move (
    release bigint not null references release(id),
    asset text not null,
    from_fingerprint text,
    from_number bigint,
    from_definition text,
    to_fingerprint text,
    to_number bigint,
    to_definition text,
    primary key (release, asset));

create table pointer (
    environment text not null,
    asset text not null,
    fingerprint text not null,
    number bigint not null,
    definition text not null,
    release bigint not null,
    primary key (environment, asset));

-- Makers that a rollback rejected: a definition (its hash) or a source batch (the hash of a file's bytes).
create table rejection (
    environment text not null,
    asset text not null,
    kind text not null,
    value text not null,
    release bigint not null,
    primary key (environment, asset, kind, value));

-- What must be kept, and for whom: a retained release pins the versions that it points at.
create table pin (
    holder text not null,
    asset text not null,
    fingerprint text not null,
    number bigint not null,
    primary key (holder, asset, fingerprint, number));

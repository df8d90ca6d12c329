-- What was tried: experiments, their runs, and what a run was given (params), gave (metrics, artifacts) and is called (tags).
create table experiment (
    id bigint primary key,
    name text not null unique,
    created text not null);

create table experiment_run (
    id text primary key,
    experiment bigint not null references experiment(id),
    name text not null,
    status text not null,
    started text not null,
    ended text,
    message text);
create index experiment_run_experiment on experiment_run(experiment, started);

create table param (
    run text not null references experiment_run(id),
    key text not null,
    value text not null,
    primary key (run, key));

-- Every value that was reported; a metric's value is the one with the highest step.
create table metric (
    run text not null references experiment_run(id),
    key text not null,
    step bigint not null,
    value double precision,
    at text not null,
    primary key (run, key, step));

create table tag (
    run text not null references experiment_run(id),
    key text not null,
    value text not null,
    primary key (run, key));

create table artifact (
    run text not null references experiment_run(id),
    path text not null,
    hash text not null,
    size bigint not null,
    primary key (run, path));

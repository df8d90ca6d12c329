-- Names that people give to versions of a model. champion is none of them: it is the version that the default environment's release points at.
create table label (
    model text not null,
    name text not null,
    number bigint not null,
    at text not null,
    primary key (model, name));

-- A measure that crossed its line, once for each window of each version.
create table alert (
    id bigint primary key,
    environment text not null,
    endpoint text not null,
    kind text not null,
    subject text not null,
    window_start text not null,
    window_end text not null,
    model_version bigint not null,
    value double precision not null,
    threshold double precision not null,
    raised text not null,
    unique (environment, endpoint, kind, subject, window_start, window_end, model_version));

-- What an endpoint's monitor had seen when it measured last.
create table watch (
    environment text not null,
    endpoint text not null,
    state text not null,
    primary key (environment, endpoint));

-- A run that automation asks for, and what became of it.
create table request (
    id bigint primary key,
    environment text not null,
    asset text not null,
    cause text not null,
    reason text not null,
    state text not null,
    asked text not null,
    due text not null,
    alert bigint not null,
    ended text,
    run text,
    message text);
create index request_open on request(environment, asset) where state = 'open';

-- The newest moment of each schedule that has fired.
create table tick (
    environment text not null,
    schedule text not null,
    at text not null,
    primary key (environment, schedule));

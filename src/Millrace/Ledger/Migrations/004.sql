-- What each sink delivered last, and how its last try went.
create table delivery (
    environment text not null,
    sink text not null,
    identity text not null,
    asset text,
    fingerprint text,
    number bigint,
    delivered text,
    rows bigint not null,
    deleted bigint not null,
    place text,
    tried text,
    position text,
    failure text,
    primary key (environment, sink));

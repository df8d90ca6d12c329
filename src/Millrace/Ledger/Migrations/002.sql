-- Versions of journals: Delta tables that only grow and that no release moves. A version that is not named here does not exist for readers.
create table journal (
    name text not null,
    number bigint not null,
    entry_hash text not null,
    committed text not null,
    rows bigint not null,
    primary key (name, number));

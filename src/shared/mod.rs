//! Zones of shared memory: what all workers of a configuration know together.
//!
//! A zone has a name, a kind and a size. It is records by key under one lock; modules give the records their meaning
//! (`http::limit_req`, `http::limit_conn`). Another process can spoil the memory of a zone, but not more than that:
//! it is atomic words, and whatever is read as an index is checked first.
//!
//! | file | what it is |
//! |---|---|
//! | `zones` | the zones of a configuration, and how a reload keeps them |
//! | `zone` | one zone, and what may be done while its lock is held |
//! | `lock` | the lock, which holds its owner's pid |
//! | `memory` | the layout, and checked access to the words |
//! | `slab` | cells by size classes, in pages |
//! | `table` | records: a hash table, and the order of their last use |
//!
//! The death of a worker ([`zones::Zones::settle`]): if it held the lock of a zone, that zone may be half written, and
//! is emptied. Else the zone loses nothing but the records that belonged to that worker.

mod lock;
mod memory;
mod slab;
pub mod table;
pub mod zone;
pub mod zones;

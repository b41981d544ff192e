//! What a cache keeps: files on a disk, and their index in a zone of shared memory.
//!
//! This folder knows keys, times and bytes; it knows neither HTTP nor settings nor sockets. What a response has to be to
//! be stored, and what is done with one that is stored, is decided by its callers, who use [`store::Store`].
//!
//! | file | what it is |
//! |---|---|
//! | `key` | what an entry is known by |
//! | `place` | a `*_cache_path`: where the files are, and how much of them |
//! | `format` | a file: its head, which proves that the rest is whole, and the body |
//! | `entry` | opening a file that is stored |
//! | `fill` | writing one: beside it, then renamed |
//! | `index` | the records of a zone: what is stored, in the order of its last use, and which process updates it |
//! | `counters` | what a zone counts |
//! | `manager` | removing what was not used and what is too much |
//! | `loader` | finding the files that are there from before |
//! | `purges` | prefixes of keys that were purged, until no file of theirs is left |
//! | `purger` | removing the files of such keys |
//! | `walk` | the files of a directory, one after another |
//! | `store` | one cache, for the process that uses it: all of the above together |
//!
//! A record is made after its file has got its name, and goes before the file goes. So a record whose file is not there
//! is found out by opening it ([`store::Store::open`]), and a file without a record is found by the loader, or, as long
//! as the zone is *cold*, by the first request for it. A zone is cold until a loader has seen all files: after a start,
//! and after the zone was emptied because a process had died with its lock.

pub mod counters;
pub mod entry;
pub mod fill;
#[cfg(test)]
mod fixture;
pub mod format;
pub mod index;
pub mod key;
pub mod loader;
pub mod manager;
pub mod place;
pub mod purger;
pub mod purges;
pub mod store;
mod walk;

//! One zone: memory, its lock, and its records for the process that holds the lock.

use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::lock::{self, Taken};
use super::memory::{
    Checked, EPOCH, FREE, FRESH, LOCK, Layout, MODULE, MODULE_WORDS, Memory, PAGE_BYTES, halves,
    join,
};
use super::table::{Key, Record};
use crate::os::shm::{AtomicU64, Shared};
use crate::os::{Errno, process};

/// What the configuration says of a zone. A zone is kept over a reload if name, kind and size stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    pub name: Box<str>,
    pub kind: Kind,
    /// In bytes.
    pub size: usize,
    /// By what its records are known, as it was written. A zone whose records would get another meaning is refused.
    pub key: Box<[u8]>,
}

/// Which module a zone belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    LimitReq,
    LimitConn,
    Sessions,
    /// What OCSP responders said.
    Statuses,
    /// The index of a cache.
    Cache,
    /// `lua_shared_dict`
    Dict,
}

impl Kind {
    /// What nginx calls what it knows the records by.
    pub fn key_name(self) -> &'static str {
        match self {
            Self::Cache => "cache path",
            Self::LimitReq | Self::LimitConn | Self::Sessions | Self::Statuses | Self::Dict => {
                "key"
            }
        }
    }

    /// What nginx calls a zone of this kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::LimitReq => "limit_req",
            Self::LimitConn => "limit_conn_zone",
            Self::Sessions => "ssl_session_cache",
            Self::Statuses => "ssl_ocsp_cache",
            Self::Cache => "cache",
            Self::Dict => "lua_shared_dict",
        }
    }
}

/// A process that uses zones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Process {
    /// Its number in the system; in the simulation any other.
    pub pid: u64,
    /// The number under which its master knows it: two that live at the same time have different ones.
    pub row: u32,
}

impl Process {
    /// This process.
    pub fn own(row: usize) -> Self {
        Self::of(process::pid(), row)
    }

    pub fn of(pid: i32, row: usize) -> Self {
        let row = u32::try_from(row).unwrap_or(u32::MAX - 1);
        Self { pid: u64::from(pid.unsigned_abs()), row }
    }

    /// What its own records are marked with; 0 marks those that all processes share.
    fn owner(self) -> u32 {
        self.row + 1
    }
}

#[derive(Clone, Debug)]
pub struct Zone {
    pub declared: Arc<Declaration>,
    memory: Arc<Shared>,
    layout: Layout,
    /// Of the hash of keys: clients choose keys, and must not be able to choose such as have one hash.
    secret: [u64; 2],
    process: Process,
    /// By the row of a process: how many that had it have died. Only in a zone whose records processes mark.
    deaths: Option<Arc<Shared>>,
}

/// What a process marks a shared record with. It is a mark no more when the process has died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark(pub u64);

impl Mark {
    /// No process.
    pub const NONE: Self = Self(0);
}

/// Rows of processes that a zone tells apart.
const ROWS: usize = 2048;

impl Zone {
    pub fn open(declared: Declaration, secret: [u64; 2], process: Process) -> Result<Self, Errno> {
        let layout = Layout::of_size(declared.size);
        let memory = Arc::new(Shared::new(layout.words())?);
        let deaths = match declared.kind {
            Kind::Cache => Some(Arc::new(Shared::new(ROWS)?)),
            _ => None,
        };
        Ok(Self { declared: Arc::new(declared), memory, layout, secret, process, deaths })
    }

    /// The mark of this process; none, where the zone tells no processes apart.
    pub fn mark(&self) -> Mark {
        let owner = self.process.owner();
        self.deaths_of(owner).map_or(Mark::NONE, |deaths| Mark(join(owner, deaths)))
    }

    /// Whether the process whose mark that is has not died.
    pub fn is_alive(&self, mark: Mark) -> bool {
        let (owner, deaths) = halves(mark.0);
        owner > 0 && self.deaths_of(owner) == Some(deaths)
    }

    /// Modulo 2^32.
    fn deaths_of(&self, owner: u32) -> Option<u32> {
        Some(self.deaths.as_ref()?.get(owner as usize)?.load(Acquire) as u32)
    }

    /// One of the words that the module gives a meaning to; may be read and added to without the lock.
    pub fn module_word(&self, at: usize) -> &AtomicU64 {
        &self.memory[MODULE + at.min(MODULE_WORDS - 1)]
    }

    /// The same zone for another process.
    pub fn of_process(&self, process: Process) -> Self {
        Self { process, ..self.clone() }
    }

    /// What a record that all processes share is known by.
    pub fn key<'a>(&self, bytes: &'a [u8]) -> Key<'a> {
        Key { hash: self.hash(bytes), bytes, owner: 0 }
    }

    /// What a record of this process is known by.
    pub fn own_key<'a>(&self, bytes: &'a [u8]) -> Key<'a> {
        Key { owner: self.process.owner(), ..self.key(bytes) }
    }

    /// SipHash, which is made for this.
    #[expect(deprecated, reason = "the one keyed hash of the standard library")]
    fn hash(&self, bytes: &[u8]) -> u32 {
        let [one, two] = self.secret;
        let mut hasher = std::hash::SipHasher::new_with_keys(one, two);
        hasher.write(bytes);
        hasher.finish() as u32
    }

    #[cfg(feature = "sim")]
    pub fn process(&self) -> Process {
        self.process
    }

    /// Waits for the lock. `None`, and the log says so: a process holds it that does not go on.
    pub fn lock(&self) -> Option<Locked<'_>> {
        match lock::take(&self.memory[LOCK], self.process.pid) {
            Ok(Taken::Free) => Some(Locked { zone: self }),
            Ok(Taken::Broken(pid)) => Some(self.take_over(pid)),
            Err(pid) => {
                let name = &self.declared.name;
                crate::alert!(
                    "shared memory zone \"{name}\" is locked by {pid}, which does not go on"
                );
                None
            }
        }
    }

    /// The lock was taken from a process that had died with it.
    fn take_over(&self, dead: u64) -> Locked<'_> {
        let locked = Locked { zone: self };
        locked.memory().clear();
        crate::alert!(
            "shared memory zone \"{}\" was locked by {dead}, which has died: the zone is emptied",
            self.declared.name
        );
        locked
    }

    /// In the master: the process has died. If it held the lock, the zone is emptied; else only its own records go.
    pub fn settle(&self, dead: Process) {
        if let Some(word) = self.deaths.as_ref().and_then(|it| it.get(dead.owner() as usize)) {
            word.fetch_add(1, Release);
        }
        if lock::take_over(&self.memory[LOCK], dead.pid, self.process.pid) {
            drop(self.take_over(dead.pid));
        } else if self.declared.kind == Kind::LimitConn {
            if let Some(locked) = self.lock() {
                locked.remove_all_of(dead);
            }
        }
    }
}

/// A zone whose lock this process holds, until this is dropped.
///
/// A zone that contradicts itself is emptied, and the log says so: what was asked of it then is not there.
#[derive(Debug)]
pub struct Locked<'a> {
    zone: &'a Zone,
}

impl Locked<'_> {
    fn memory(&self) -> Memory<'_> {
        Memory { words: &self.zone.memory, layout: self.zone.layout }
    }

    fn checked<T: Default>(&self, result: Checked<T>) -> T {
        result.unwrap_or_else(|_| {
            self.memory().clear();
            let name = &self.zone.declared.name;
            crate::alert!("shared memory zone \"{name}\" is inconsistent: the zone is emptied");
            T::default()
        })
    }

    /// Changes whenever the zone is emptied: what a record was before is no record then.
    pub fn epoch(&self) -> u64 {
        self.zone.memory[EPOCH].load(Relaxed)
    }

    /// One of the words that the module gives a meaning to.
    pub fn module_word(&self, at: usize) -> u64 {
        self.zone.module_word(at).load(Relaxed)
    }

    pub fn set_module_word(&self, at: usize, value: u64) {
        self.zone.module_word(at).store(value, Relaxed);
    }

    /// The bytes that were declared.
    pub fn size(&self) -> usize {
        self.zone.declared.size
    }

    /// The bytes of pages that hold nothing.
    pub fn free_bytes(&self) -> usize {
        let (_, freed) = halves(self.zone.memory[FREE].load(Relaxed));
        let fresh = self.zone.memory[FRESH].load(Relaxed);
        let untouched = u64::from(self.zone.layout.pages).saturating_sub(fresh);
        let pages = u64::from(freed) + untouched;
        (pages as usize).saturating_mul(PAGE_BYTES).min(self.size())
    }

    pub fn len(&self) -> u64 {
        self.checked(self.memory().len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn find(&self, key: Key<'_>) -> Option<Record> {
        self.checked(self.memory().find(key))
    }

    /// A new record, its values 0. `None`: there is no room for it.
    pub fn insert(&self, key: Key<'_>) -> Option<Record> {
        self.insert_with(key, &[])
    }

    /// As `insert`, with bytes that [`Self::payload`] gives; they take the place of the last value. At most 64 KiB.
    pub fn insert_with(&self, key: Key<'_>, payload: &[u8]) -> Option<Record> {
        self.checked(self.memory().insert(key, payload))
    }

    pub fn payload(&self, record: Record) -> Vec<u8> {
        self.checked(self.memory().payload(record))
    }

    /// One word of the payload that a record was made with.
    pub fn payload_word(&self, record: Record, at: usize) -> u64 {
        self.checked(self.memory().payload_word(record, at).map(|word| word.load(Relaxed)))
    }

    pub fn set_payload_word(&self, record: Record, at: usize, value: u64) {
        let word = self.memory().payload_word(record, at);
        self.checked(word.map(|word| word.store(value, Relaxed)));
    }

    /// What a record is known by, as far as `key` has room for it; the length of it.
    pub fn key_of(&self, record: Record, key: &mut [u8]) -> usize {
        self.checked(self.memory().key_of(record, key))
    }

    /// The record that was used next after this one.
    pub fn newer(&self, record: Record) -> Option<Record> {
        self.checked(self.memory().newer(record))
    }

    pub fn remove(&self, record: Record) {
        self.checked(self.memory().remove(record));
    }

    /// The record is the one that was used last.
    pub fn touch(&self, record: Record) {
        self.checked(self.memory().touch(record));
    }

    /// The record that was not used for the longest time.
    pub fn oldest(&self) -> Option<Record> {
        self.checked(self.memory().oldest())
    }

    pub fn value(&self, record: Record, at: usize) -> u64 {
        self.checked(self.memory().value(record, at).map(|word| word.load(Relaxed)))
    }

    pub fn set_value(&self, record: Record, at: usize, value: u64) {
        self.checked(self.memory().value(record, at).map(|word| word.store(value, Relaxed)));
    }

    /// The sum of one value over the records of that key, whatever process they belong to.
    pub fn sum(&self, key: Key<'_>, at: usize) -> u64 {
        let (memory, mut sum) = (self.memory(), 0u64);
        let add = |record, _| {
            let value = memory.value(record, at).map_or(0, |word| word.load(Relaxed));
            sum = sum.saturating_add(value);
        };
        self.checked(memory.each(key, add));
        sum
    }

    /// The sum of one value over the records of that process.
    #[cfg(feature = "sim")]
    pub fn sum_of(&self, process: Process, at: usize) -> u64 {
        self.checked(self.memory().sum_of(process.owner(), at))
    }

    fn remove_all_of(&self, process: Process) {
        self.checked(self.memory().remove_all_of(process.owner()));
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // A process that dies here leaves the lock as it is.
        if !std::thread::panicking() {
            lock::release(&self.zone.memory[LOCK], self.zone.process.pid);
        }
    }
}

#[cfg(test)]
mod tests;

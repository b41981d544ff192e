//! What a request has to do with the cache of its location: nginx's `r->cache`.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use super::settings::cache::CacheIndex;
use crate::base::ids::RequestId;
use crate::cache::entry::Entry;
use crate::cache::fill::Fill;
use crate::cache::format::{FIXED, Head, Meta};
use crate::cache::index::{Began, Ticket};
use crate::cache::key::Key;

#[derive(Debug)]
pub struct Cached {
    pub at: CacheIndex,
    /// As `…_cache_key` came to.
    pub key_text: Vec<u8>,
    /// Of the response that is looked for: the digest of that text, or of one of its variants.
    pub key: Key,
    /// The response of that text varies so; `key` is of a variant by this.
    pub vary: Option<Box<[u8]>>,
    pub status: Option<CacheStatus>,
    /// A server is asked, and its response may be stored.
    pub may_store: bool,
    pub began: Began,
    /// When the server was asked, in ms since 1970.
    pub asked_ms: u64,
    /// This request is the one that fills the cache, or updates what is in it; others may wait for it.
    pub ticket: Option<Ticket>,
    /// What is in the cache, not fresh.
    pub stale: Option<Rc<Stored>>,
    /// By the worker's clock: until when the request waits for the one that fills the cache.
    pub wait_until: Option<u64>,
    /// When its first wait ends, or has ended: all its waits together are no longer than `…_cache_lock_timeout`.
    pub lock_until: Option<u64>,
    /// The version of a stored error page that has ended: the request waits for a newer one.
    pub seen: Option<u64>,
    /// It was started to update what is in the cache, and no client waits for it.
    pub is_background: bool,
}

impl Cached {
    pub fn new(at: CacheIndex, key_text: Vec<u8>) -> Self {
        Self {
            at,
            key: Key::of(&key_text),
            key_text,
            vary: None,
            status: None,
            may_store: false,
            began: Began::default(),
            asked_ms: 0,
            ticket: None,
            stale: None,
            wait_until: None,
            lock_until: None,
            seen: None,
            is_background: false,
        }
    }

    /// The response may be sent in parts, by us.
    pub fn has_ranges(&self) -> bool {
        self.may_store || matches!(self.status, Some(status) if status.is_served())
    }
}

/// A response that is in the cache.
#[derive(Debug)]
pub struct Stored {
    pub file: Rc<File>,
    pub version: u64,
    pub meta: Meta,
    /// What was read of the file at once: its head, and the first bytes of the body.
    buf: Vec<u8>,
    /// Where the parts of the head end: cache key, entity tag, `Vary`, head of the response.
    ends: [usize; 4],
    read: usize,
}

impl Stored {
    /// `buf` is what the entry was read to.
    pub fn new(parts: Parts, version: u64, buf: Vec<u8>) -> Self {
        let Parts { file, meta, ends, read } = parts;
        Self { file: Rc::new(file), version, meta, buf, ends, read }
    }

    fn part(&self, range: Range<usize>) -> &[u8] {
        self.buf.get(range).unwrap_or_default()
    }

    pub fn etag(&self) -> &[u8] {
        self.part(self.ends[0]..self.ends[1])
    }

    /// See [`super::vary`].
    pub fn vary(&self) -> &[u8] {
        self.part(self.ends[1]..self.ends[2])
    }

    /// In the form of [`super::stored_head`].
    pub fn response(&self) -> &[u8] {
        self.part(self.ends[2]..self.ends[3])
    }

    /// Where the body begins in the file.
    pub fn body_start(&self) -> u64 {
        self.ends[3] as u64
    }

    /// The body, if all of it was read with the head.
    pub fn body(&self) -> Option<&[u8]> {
        let body = self.part(self.ends[3]..self.read);
        (body.len() as u64 == self.meta.body).then_some(body)
    }

    pub fn head(&self) -> Head<'_> {
        Head {
            meta: self.meta,
            key: self.part(FIXED..self.ends[0]),
            etag: self.etag(),
            vary: self.vary(),
            response: self.response(),
        }
    }
}

/// Responses that this worker has read of late, with their files, so that those which are asked for often are not opened
/// each time. They are few, and none is longer than [`Recent::LONGEST`]: a file that was removed takes its room on the
/// disk as long as it is open.
#[derive(Debug, Default)]
pub struct Recent {
    /// Each key has one place.
    slots: Vec<Option<Read>>,
}

#[derive(Debug)]
struct Read {
    at: CacheIndex,
    key: Key,
    /// By the worker's clock.
    until: u64,
    stored: Rc<Stored>,
}

impl Recent {
    const SLOTS: usize = 128;
    pub const LONGEST: u64 = 256 << 10;
    /// How long, in ms, a file is taken for that of its name without a look at the name.
    const KEPT_MS: u64 = 1000;

    /// What was read of that version of the file, unless that was removed since then or is another key's.
    pub fn get(
        &mut self,
        (at, key, key_text): (CacheIndex, Key, &[u8]),
        version: u64,
        now: u64,
    ) -> Option<Rc<Stored>> {
        let slot = self.slots.get_mut(place(key))?;
        let read = slot.as_ref().filter(|it| it.at == at && it.key == key)?;
        let stored = &read.stored;
        let is_good = version == stored.version
            && now < read.until
            && stored.head().key == key_text
            && stored.file.metadata().is_ok_and(|it| it.nlink() > 0);
        if !is_good {
            *slot = None;
            return None;
        }
        Some(stored.clone())
    }

    pub fn put(&mut self, at: CacheIndex, key: Key, now: u64, stored: &Rc<Stored>) {
        let len = stored.body_start().saturating_add(stored.meta.body);
        if stored.version == 0 || len > Self::LONGEST {
            return;
        }
        self.slots.resize_with(Self::SLOTS, || None);
        for slot in &mut self.slots {
            slot.take_if(|it| it.until <= now);
        }
        if let Some(slot) = self.slots.get_mut(place(key)) {
            let until = now.saturating_add(Self::KEPT_MS);
            *slot = Some(Read { at, key, until, stored: stored.clone() });
        }
    }
}

fn place(key: Key) -> usize {
    usize::from(key.0[0]) % Recent::SLOTS
}

/// An entry without the bytes that it was read to.
pub struct Parts {
    file: File,
    meta: Meta,
    ends: [usize; 4],
    read: usize,
}

impl From<Entry<'_>> for Parts {
    fn from(entry: Entry<'_>) -> Self {
        let Entry { file, head, start, body } = entry;
        let start = start as usize;
        let key = FIXED + head.key.len();
        let etag = key + head.etag.len();
        let ends = [key, etag, etag + head.vary.len(), start];
        Self { file, meta: head.meta, ends, read: start + body.len() }
    }
}

/// A response that is being stored.
#[derive(Debug)]
pub struct Filling {
    pub fill: Fill,
    pub key: Key,
    pub meta: Meta,
    pub etag: Vec<u8>,
    pub vary: Vec<u8>,
    pub response: Vec<u8>,
}

/// Requests that wait until another has filled the cache, by the key of what they wait for.
#[derive(Debug, Default)]
pub struct Waiters(HashMap<Key, Vec<RequestId>>);

impl Waiters {
    pub fn add(&mut self, key: Key, id: RequestId) {
        self.0.entry(key).or_default().push(id);
    }

    /// The request waits no longer.
    pub fn remove(&mut self, key: Key, id: RequestId) {
        let Some(waiting) = self.0.get_mut(&key) else { return };
        waiting.retain(|other| *other != id);
        if waiting.is_empty() {
            self.0.remove(&key);
        }
    }

    /// All that wait for the key, which they do no longer.
    pub fn take(&mut self, key: Key) -> Vec<RequestId> {
        self.0.remove(&key).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// [`Meta::flags`]: it is the response to HEAD, and has no body.
pub const OF_HEAD: u16 = 1;
/// [`Meta::flags`]: requests are answered with the page of this status.
pub const IS_ERROR: u16 = 1 << 1;

/// `$upstream_cache_status`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheStatus {
    Miss,
    Bypass,
    Expired,
    Stale,
    Updating,
    Revalidated,
    Hit,
}

impl CacheStatus {
    /// The response comes from the cache.
    pub fn is_served(self) -> bool {
        !matches!(self, Self::Miss | Self::Bypass | Self::Expired)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Miss => "MISS",
            Self::Bypass => "BYPASS",
            Self::Expired => "EXPIRED",
            Self::Stale => "STALE",
            Self::Updating => "UPDATING",
            Self::Revalidated => "REVALIDATED",
            Self::Hit => "HIT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::arena::Arena;
    use crate::base::ids::RequestKey;

    #[test]
    fn a_request_that_has_left_waits_no_longer() {
        let mut ids: Arena<(), RequestKey> = Arena::default();
        let [a, b, c] = std::array::from_fn(|_| ids.insert(()));
        let [one, two] = [b"one", b"two"].map(|text| Key::of(text));
        let mut waiters = Waiters::default();
        for (key, id) in [(one, a), (one, b), (two, c)] {
            waiters.add(key, id);
        }
        waiters.remove(one, a);
        waiters.remove(two, a);
        assert_eq!(waiters.take(one), [b]);
        assert_eq!(waiters.take(one), []);
        assert!(!waiters.is_empty());
        waiters.remove(two, c);
        assert!(waiters.is_empty());
    }
}

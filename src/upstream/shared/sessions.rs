//! The sessions of `sticky learn`: which server each belongs to, one table for all workers, in memory that they
//! share and that a reload passes on.
//!
//! A session is known by a keyed sum of its name, 128 bits of it: names are the clients', of any length, and
//! a client that does not know the secret of the zone cannot choose values that push each other out. One half says in
//! which row it is, and both say which it is. When all places of its row are taken, the one in it that was
//! unused the longest goes.
//!
//! There are no locks. A place is four words:
//!
//! ```text
//! used    when it was used last, by the master's clock; 0: it is free
//! tag     one half of the sum
//! server  what its server is known by
//! bond    the other half of the sum ^ server
//! ```
//!
//! Who wants a place takes it by moving `used` to now, by exchange: of those who saw the same only one gets it.
//! Then it writes the rest, word by word, and others may read what is half written, or what two have written
//! at once if all of a row was used in the same millisecond, or what a worker was writing when it died. A place
//! counts for a session only if `tag` is one half of its sum and `bond ^ server` the other. If `bond` and `server`
//! were written together that is only so for words that were written for this session. If they were not,
//! `bond` is some `half ^ a` and `server` is `b`: they come to the other half of this session's sum if it was
//! written for that session and `a` is `b`, which is the truth of then, or by a chance of 1 in 2^64. So whatever
//! is torn is a session that is not found, and its request goes by the balancer; it is never another's server.

use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::os::Errno;
use crate::os::shm::{AtomicU64, Shared};

use crate::upstream::conf::Learn;

#[derive(Clone, Debug)]
pub struct Sessions {
    /// Under which it is passed on by a reload, together with its size.
    pub zone: Arc<str>,
    pub size: usize,
    /// Whose they are.
    pub upstream: Arc<[u8]>,
    secret: [u64; 2],
    memory: Arc<Shared>,
}

/// Sixteen places are a row: the tags of all of them first, since of most only the tag is looked at.
const PLACES: usize = 16;
const ROW: usize = PLACES * (1 + REST);
const BYTES: usize = ROW * size_of::<AtomicU64>();

/// What a place has besides its tag.
const REST: usize = 3;
const USED: usize = 0;
const SERVER: usize = 1;
const BOND: usize = 2;

/// A place, and what was read there.
#[derive(Clone, Copy)]
struct Place<'a> {
    tag: &'a AtomicU64,
    rest: &'a [AtomicU64],
    used: u64,
    server: u64,
}

/// How often another place is looked for because another worker took the one that was found. Each time it was one
/// more session that found its place, so that in a row with room this many are enough.
const ROUNDS: usize = 2 * PLACES;

const TELL_EVERY_MS: u64 = 60_000;

/// What a session is known by.
#[derive(Clone, Copy)]
struct Sum {
    tag: u64,
    other: u64,
}

impl Sessions {
    pub fn open(learn: &Learn, upstream: &[u8], secret: [u64; 2]) -> Result<Self, Errno> {
        let rows = (learn.size / BYTES).max(1);
        let memory = Arc::new(Shared::new(rows.saturating_mul(ROW).saturating_add(1))?);
        let zone = (*learn.zone).into();
        Ok(Self { zone, size: learn.size, upstream: upstream.into(), secret, memory })
    }

    /// The server of a session that is not forgotten.
    pub fn find(&self, name: &[u8], timeout: u64, now: u64) -> Option<u64> {
        let found = self.place_of(self.sum(name), timeout, now)?;
        Some(found.server)
    }

    /// A session is used, at this server. One that is not known is only taken up if it `begins`.
    pub fn learn(&self, name: &[u8], begins: bool, server: u64, timeout: u64, now: u64) {
        let sum = self.sum(name);
        for _ in 0..ROUNDS {
            let known = self.place_of(sum, timeout, now);
            if known.is_none() && !begins {
                return;
            }
            let to = known.unwrap_or_else(|| self.oldest(sum));
            // Another's turn may have begun later than this one.
            let at = now.max(to.used).max(1);
            if to.rest[USED].compare_exchange(to.used, at, Relaxed, Relaxed).is_err() {
                continue;
            }
            if known.is_none() {
                to.tag.store(sum.tag, Relaxed);
            } else if to.server == server {
                return;
            }
            to.rest[BOND].store(sum.other ^ server, Relaxed);
            to.rest[SERVER].store(server, Relaxed);
            if known.is_none() && to.used != 0 && now.saturating_sub(to.used) < timeout {
                self.pushed_out(now);
            }
            return;
        }
    }

    /// A session had to go that was not forgotten. One worker tells of it, once in a while; the last word says when.
    fn pushed_out(&self, now: u64) {
        let told = &self.memory[self.memory.len() - 1];
        let last = told.load(Relaxed);
        let due = last == 0 || now.saturating_sub(last) >= TELL_EVERY_MS;
        if due && told.compare_exchange(last, now.max(1), Relaxed, Relaxed).is_ok() {
            log::warn!(
                "could not allocate node in sticky session zone \"{}\", expiring least recently \
                 used session",
                self.zone
            );
        }
    }

    /// Of the places that are the session's the one that was used last: two workers may have taken it up at once.
    fn place_of(&self, sum: Sum, timeout: u64, now: u64) -> Option<Place<'_>> {
        let mut found: Option<Place<'_>> = None;
        for place in self.row(sum).filter(|place| place.tag.load(Relaxed) == sum.tag) {
            let place = place.read();
            let last = found.map_or(0, |found| found.used);
            let known = place.rest[BOND].load(Relaxed) ^ place.server == sum.other;
            if known && place.used > last && now.saturating_sub(place.used) < timeout {
                found = Some(place);
            }
        }
        found
    }

    /// The place of its row that was unused the longest.
    fn oldest(&self, sum: Sum) -> Place<'_> {
        let places = self.row(sum).map(Place::read);
        places.min_by_key(|place| place.used).expect("a row has places")
    }

    fn row(&self, sum: Sum) -> impl Iterator<Item = Place<'_>> {
        let rows = self.memory.len() / ROW;
        // The high half of a wide product: no division.
        let row = ((u128::from(sum.other) * rows as u128) >> 64) as usize;
        let (tags, rest) = self.memory[row * ROW..(row + 1) * ROW].split_at(PLACES);
        let places = tags.iter().zip(rest.chunks_exact(REST));
        places.map(|(tag, rest)| Place { tag, rest, used: 0, server: 0 })
    }

    /// SipHash, which is made for this; the second half is the sum of a name one byte longer.
    #[expect(deprecated, reason = "the one keyed hash of the standard library")]
    fn sum(&self, name: &[u8]) -> Sum {
        let [one, two] = self.secret;
        let mut hasher = std::hash::SipHasher::new_with_keys(one, two);
        hasher.write(name);
        let tag = hasher.finish();
        hasher.write(&[0]);
        Sum { tag, other: hasher.finish() }
    }
}

impl Place<'_> {
    fn read(mut self) -> Self {
        self.used = self.rest[USED].load(Relaxed);
        self.server = self.rest[SERVER].load(Relaxed);
        self
    }
}

#[cfg(test)]
mod tests;

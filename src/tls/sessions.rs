//! Sessions that servers keep (`ssl_session_cache`): a client brings their names back.
//!
//! What is kept of a session is the time it was made (8 bytes, big endian, seconds), the *context* of the server block
//! (32 bytes, as for [tickets](super::tickets)), and rustls' state. A session is given to no server block with another
//! context, and to none when its time is over.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};

use super::clock::Clock;
use crate::shared::zone::Zone;

/// Where server blocks keep sessions.
#[derive(Clone)]
pub struct Sessions(Arc<Place>);

enum Place {
    /// In a worker's own memory.
    Builtin(Arc<ServerSessionMemoryCache>),
    /// In a zone, which a worker has once it runs.
    Shared(OnceLock<Zone>),
}

/// nginx's bound on what is kept of a session, in bytes.
const LONGEST: usize = 4096;

/// How many sessions at most make room for a new one.
const MOST_REMOVED: usize = 64;

impl Sessions {
    /// At most that many, in each worker.
    pub fn builtin(size: usize) -> Self {
        Self(Arc::new(Place::Builtin(ServerSessionMemoryCache::new(size))))
    }

    /// In a zone that all workers share.
    pub fn shared() -> Self {
        Self(Arc::new(Place::Shared(OnceLock::new())))
    }

    /// Names the zone, as the worker has it. Without one nothing is kept.
    pub fn attach(&self, zone: &Zone) {
        if let Place::Shared(slot) = &*self.0 {
            let _ = slot.set(zone.clone());
        }
    }

    pub(crate) fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let zone = match &*self.0 {
            Place::Builtin(cache) => return cache.put(key, value),
            Place::Shared(zone) => zone.get().filter(|_| value.len() <= LONGEST),
        };
        let Some((zone, locked)) = zone.and_then(|zone| Some((zone, zone.lock()?))) else {
            return false;
        };
        let key = zone.key(&key);
        if let Some(former) = locked.find(key) {
            locked.remove(former);
        }
        for _ in 0..MOST_REMOVED {
            if locked.insert_with(key, &value).is_some() {
                return true;
            }
            let Some(oldest) = locked.oldest() else { return false };
            locked.remove(oldest);
        }
        false
    }

    pub(crate) fn get(&self, key: &[u8], takes: bool) -> Option<Vec<u8>> {
        let zone = match &*self.0 {
            Place::Builtin(cache) if takes => return cache.take(key),
            Place::Builtin(cache) => return cache.get(key),
            Place::Shared(zone) => zone.get()?,
        };
        let locked = zone.lock()?;
        let record = locked.find(zone.key(key))?;
        let value = locked.payload(record);
        match takes {
            true => locked.remove(record),
            false => locked.touch(record),
        }
        Some(value)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// The sessions of one server block.
#[derive(Debug)]
pub(super) struct OfServer {
    pub sessions: Sessions,
    pub context: [u8; 32],
    /// `ssl_session_timeout`, in seconds.
    pub timeout: u32,
    pub clock: Clock,
    /// The names of those that were kept or went on since [`Self::touched`]; none: nothing asks for them.
    pub touched: Option<Mutex<Vec<Vec<u8>>>>,
}

impl OfServer {
    fn touch(&self, key: &[u8]) {
        if let Some(touched) = &self.touched {
            touched.lock().unwrap_or_else(|broken| broken.into_inner()).push(key.to_vec());
        }
    }

    /// Their names, of the connection that was handled last.
    pub(super) fn touched(&self) -> Vec<Vec<u8>> {
        let touched = self.touched.as_ref();
        touched.map_or_else(Vec::new, |it| {
            std::mem::take(&mut *it.lock().unwrap_or_else(|broken| broken.into_inner()))
        })
    }

    /// A session goes on no more.
    pub(super) fn remove(&self, key: &[u8]) {
        let _ = self.sessions.get(key, true);
    }

    fn open(&self, kept: &[u8]) -> Option<Vec<u8>> {
        let (made_at, rest) = kept.split_first_chunk()?;
        let (context, state) = rest.split_first_chunk::<32>()?;
        let age = self.clock.get().checked_sub(u64::from_be_bytes(*made_at))?;
        let is_good = *context == self.context && age <= u64::from(self.timeout);
        is_good.then(|| state.to_vec())
    }
}

impl StoresServerSessions for OfServer {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let kept = [&self.clock.get().to_be_bytes(), &self.context[..], &value].concat();
        self.touch(&key);
        self.sessions.put(key, kept)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let state = self.open(&self.sessions.get(key, false)?)?;
        self.touch(key);
        Some(state)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.open(&self.sessions.get(key, true)?)
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::zone::{Declaration, Kind, Process};

    fn of_server(sessions: &Sessions, context: u8) -> OfServer {
        let (sessions, clock) = (sessions.clone(), Clock::default());
        clock.set(1000);
        OfServer { sessions, context: [context; 32], timeout: 300, clock, touched: None }
    }

    fn shared(size: usize) -> (Sessions, Zone) {
        let (name, kind) = ("one".into(), Kind::Sessions);
        let declared = Declaration { name, kind, size, key: Box::default() };
        let zone = Zone::open(declared, [1, 2], Process { pid: 1, row: 0 }).unwrap();
        let sessions = Sessions::shared();
        sessions.attach(&zone);
        (sessions, zone)
    }

    #[test]
    fn a_session_is_its_context_s_until_its_time_is_over() {
        for sessions in [Sessions::builtin(100), shared(64 << 10).0] {
            let [one, other] = [1, 2].map(|context| of_server(&sessions, context));
            assert!(one.put(b"name".into(), b"state".into()));
            assert_eq!(one.get(b"name").as_deref(), Some(&b"state"[..]));
            assert_eq!((other.get(b"name"), one.get(b"nam")), (None, None));
            one.clock.set(1300);
            assert!(one.get(b"name").is_some());
            one.clock.set(1301);
            assert_eq!(one.get(b"name"), None);
            one.clock.set(999);
            assert_eq!(one.get(b"name"), None);
            one.clock.set(1000);
            assert!(one.put(b"name".into(), b"other".into()));
            assert_eq!(one.take(b"name").as_deref(), Some(&b"other"[..]));
            assert_eq!(one.get(b"name"), None);
        }
    }

    #[test]
    fn the_oldest_sessions_make_room() {
        let (sessions, zone) = shared(64 << 10);
        let one = of_server(&sessions, 1);
        let state = |n: u32| vec![n as u8; 100 + n as usize % 900];
        for n in 0..2000_u32 {
            assert!(one.put(n.to_be_bytes().into(), state(n)), "{n}");
            // One that is used stays.
            assert_eq!(one.get(&0_u32.to_be_bytes()), Some(state(0)), "{n}");
            assert_eq!(one.get(&n.to_be_bytes()), Some(state(n)));
        }
        assert_eq!(one.get(&1_u32.to_be_bytes()), None);
        assert!((20..200).contains(&zone.lock().unwrap().len()));
        assert!(!one.put(b"long".into(), vec![0; LONGEST]));
    }

    #[test]
    fn without_a_zone_nothing_is_kept() {
        let one = of_server(&Sessions::shared(), 1);
        assert!(!one.put(b"name".into(), b"state".into()));
        assert_eq!((one.get(b"name"), one.take(b"name")), (None, None));
    }
}

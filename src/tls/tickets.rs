//! Session tickets: what a client brings back so that its session goes on.
//!
//! A ticket is the name of its key (16 bytes), nonce (12 bytes), then AES-256-GCM over the time it was made (8 bytes, big
//! endian, seconds) and rustls' state. What is authenticated with it is the name, and the *context*: a digest of what a
//! session was trusted under. rustls itself binds a session to the name that the client asked for, but not to a server
//! block.
//!
//! Keys that are not from files follow each other, each for as long as a ticket is good: workers that are forked with
//! the first go the same way, and forget what they have left behind.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::server::ProducesTickets;
use zeroize::Zeroizing;

use super::clock::Clock;
use super::ratchet::{Ratchet, Secret, derive};
use super::server::random;
use crate::base::digest::hmac_sha256;

/// Workers that are forked with them read each other's tickets.
#[derive(Clone)]
pub struct TicketKeys(Kind);

#[derive(Clone)]
enum Kind {
    /// The first encrypts tickets, all decrypt them.
    Files(Vec<Arc<Key>>),
    /// What keys are made of.
    Generated(Arc<Secret>),
}

struct Key {
    name: [u8; NAME],
    key: LessSafeKey,
}

const NAME: usize = 16;

impl TicketKeys {
    /// New ones; none if the system has no randomness.
    pub fn generate() -> Option<Self> {
        let mut secret = Secret::default();
        random(&mut *secret)?;
        Some(Self(Kind::Generated(Arc::new(secret))))
    }

    /// One more, from what nginx keeps in a file of an `ssl_session_ticket_key`: a name (16 bytes) and secrets (32 or 64).
    /// None: it has another length, or these keys are not from files.
    pub fn add(&mut self, file: &[u8]) -> Option<()> {
        let Kind::Files(keys) = &mut self.0 else { return None };
        let (name, secrets) = file.split_first_chunk()?;
        if ![32, 64].contains(&secrets.len()) {
            return None;
        }
        let derived = Zeroizing::new(hmac_sha256(secrets, b"peerage session ticket"));
        keys.push(Arc::new(Key::new(*name, &*derived)?));
        Some(())
    }
}

impl Default for TicketKeys {
    /// None, yet, from files.
    fn default() -> Self {
        Self(Kind::Files(vec![]))
    }
}

impl Key {
    /// That of an epoch.
    fn of(secret: &Secret) -> Option<Self> {
        let name = derive(&**secret, b"name");
        Self::new(*name.first_chunk()?, &*derive(&**secret, b"key"))
    }

    fn new(name: [u8; NAME], key: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key).ok()?;
        Some(Self { name, key: LessSafeKey::new(key) })
    }

    fn aad(&self, context: &[u8; 32]) -> Aad<[u8; NAME + 32]> {
        let mut aad = [0; NAME + 32];
        aad[..NAME].copy_from_slice(&self.name);
        aad[NAME..].copy_from_slice(context);
        Aad::from(aad)
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKeys")
    }
}

/// Of a server block.
pub(super) struct Tickets {
    keys: Keys,
    context: [u8; 32],
    /// `ssl_session_timeout`, in seconds.
    timeout: u32,
    clock: Clock,
}

enum Keys {
    Files(Vec<Arc<Key>>),
    Generated(Mutex<Rotation>),
}

struct Rotation {
    ratchet: Ratchet,
    /// In seconds.
    period: u32,
    epoch: u32,
    /// Those of the last epoch that was come to, and of the one before: what that one encrypted may still be good.
    current: Option<Arc<Key>>,
    former: Option<Arc<Key>>,
}

/// No key lasts for less, in seconds.
const SHORTEST: u32 = 60;

impl Tickets {
    pub(super) fn new(keys: &TicketKeys, context: [u8; 32], timeout: u32, clock: Clock) -> Self {
        let keys = match &keys.0 {
            Kind::Files(keys) => Keys::Files(keys.clone()),
            Kind::Generated(secret) => {
                let period = timeout.max(SHORTEST);
                let ratchet = Ratchet::new(derive(&***secret, &period.to_be_bytes()));
                let (current, former) = (None, None);
                Keys::Generated(Mutex::new(Rotation { ratchet, period, epoch: 0, current, former }))
            }
        };
        Self { keys, context, timeout, clock }
    }

    /// The first encrypts.
    fn keys(&self) -> Vec<Arc<Key>> {
        match &self.keys {
            Keys::Files(keys) => keys.clone(),
            Keys::Generated(rotation) => {
                let mut it = rotation.lock().unwrap_or_else(|broken| broken.into_inner());
                it.advance(self.clock.get());
                [it.current.clone(), it.former.clone()].into_iter().flatten().collect()
            }
        }
    }
}

impl Rotation {
    /// A clock that is set back changes nothing.
    fn advance(&mut self, now: u64) {
        let epoch = u32::try_from(now / u64::from(self.period)).unwrap_or(u32::MAX);
        if self.current.is_some() && epoch <= self.epoch {
            return;
        }
        let before = epoch.checked_sub(1);
        self.former = match &self.current {
            Some(current) if Some(self.epoch) == before => Some(current.clone()),
            _ => before
                .and_then(|it| self.ratchet.advance(it))
                .and_then(|it| Key::of(&it))
                .map(Arc::new),
        };
        self.current = self.ratchet.advance(epoch).and_then(|it| Key::of(&it)).map(Arc::new);
        self.epoch = epoch;
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets")
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.timeout
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let keys = self.keys();
        let key = keys.first()?;
        let mut nonce = [0; NONCE_LEN];
        random(&mut nonce)?;
        let mut sealed = [&self.clock.get().to_be_bytes(), plain].concat();
        let of = Nonce::assume_unique_for_key(nonce);
        key.key.seal_in_place_append_tag(of, key.aad(&self.context), &mut sealed).ok()?;
        Some([&key.name[..], &nonce, &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_first_chunk::<NAME>()?;
        let (nonce, sealed) = rest.split_first_chunk()?;
        let keys = self.keys();
        let key = keys.iter().find(|key| key.name == *name)?;
        let mut sealed = sealed.to_vec();
        let of = Nonce::assume_unique_for_key(*nonce);
        let plain = key.key.open_in_place(of, key.aad(&self.context), &mut sealed).ok()?;
        let (made_at, state) = plain.split_first_chunk()?;
        let age = self.clock.get().checked_sub(u64::from_be_bytes(*made_at))?;
        (age <= u64::from(self.timeout)).then(|| state.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_keys_follow_each_other_alike_in_all_workers() {
        let keys = TicketKeys::generate().unwrap();
        let new = || Tickets::new(&keys, [1; 32], 300, Clock::default());
        let (one, other) = (new(), new());
        let at = |it: &Tickets, now| it.clock.set(now);
        let name = |ticket: &[u8]| ticket[..NAME].to_vec();
        at(&one, 3_000_100);
        let ticket = one.encrypt(b"state").unwrap();
        let same = one.encrypt(b"state").unwrap();
        assert_eq!(name(&ticket), name(&same));
        // The other comes to it from afar, and a period later.
        at(&other, 3_000_400);
        assert_eq!(other.decrypt(&ticket).as_deref(), Some(&b"state"[..]));
        let next = other.encrypt(b"next").unwrap();
        assert_ne!(name(&ticket), name(&next));
        at(&one, 3_000_399);
        assert_eq!(one.decrypt(&next), None, "from the future");
        at(&one, 3_000_400);
        assert_eq!(one.decrypt(&next).as_deref(), Some(&b"next"[..]));
        at(&one, 3_000_401);
        assert_eq!(one.decrypt(&ticket), None, "too old");
        at(&one, 3_000_100);
        assert!(one.decrypt(&ticket).is_some(), "the clock was set back");
        at(&one, 3_000_600);
        let last = one.encrypt(b"last").unwrap();
        at(&one, 3_000_100);
        assert_eq!(one.decrypt(&ticket), None, "its key is gone");
        at(&one, 1 << 60);
        assert_eq!(one.decrypt(&last), None);
        assert!(one.encrypt(b"far").is_some());
        let alien = Tickets::new(&TicketKeys::generate().unwrap(), [1; 32], 300, Clock::default());
        at(&alien, 3_000_400);
        assert_eq!(alien.decrypt(&next), None);
    }
}

//! Session tickets: what a client brings back so that its session goes on.
//!
//! A ticket is the name of its key (16 bytes), nonce (12 bytes), then AES-256-GCM over the time it was made (8 bytes, big
//! endian, seconds) and rustls' state. What is authenticated with it is the name, and the *context*: a digest of what a
//! session was trusted under. rustls itself binds a session to the name that the client asked for, but not to a server
//! block.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::server::ProducesTickets;
use zeroize::Zeroizing;

use super::clock::Clock;
use super::server::random;
use crate::base::digest::hmac_sha256;

/// The first encrypts tickets, all decrypt them. Workers that are forked with them read each other's.
#[derive(Clone, Default)]
pub struct TicketKeys(Vec<Arc<Key>>);

struct Key {
    name: [u8; NAME],
    key: LessSafeKey,
}

const NAME: usize = 16;

impl TicketKeys {
    /// A new one; none if the system has no randomness.
    pub fn generate() -> Option<Self> {
        let (mut name, mut key) = ([0; NAME], Zeroizing::new([0; 32]));
        random(&mut name)?;
        random(&mut *key)?;
        Some(Self(vec![Arc::new(Key::new(name, &*key)?)]))
    }

    /// One more, from what nginx keeps in a file of an `ssl_session_ticket_key`: a name (16 bytes) and secrets (32 or 64).
    /// None: it has another length.
    pub fn add(&mut self, file: &[u8]) -> Option<()> {
        let (name, secrets) = file.split_first_chunk()?;
        if ![32, 64].contains(&secrets.len()) {
            return None;
        }
        let derived = Zeroizing::new(hmac_sha256(secrets, b"peerage session ticket"));
        self.0.push(Arc::new(Key::new(*name, &*derived)?));
        Some(())
    }
}

impl Key {
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

#[derive(Debug)]
pub(super) struct Tickets {
    pub keys: TicketKeys,
    pub context: [u8; 32],
    /// `ssl_session_timeout`, in seconds.
    pub timeout: u32,
    pub clock: Clock,
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.timeout
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.0.first()?;
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
        let key = self.keys.0.iter().find(|key| key.name == *name)?;
        let mut sealed = sealed.to_vec();
        let of = Nonce::assume_unique_for_key(*nonce);
        let plain = key.key.open_in_place(of, key.aad(&self.context), &mut sealed).ok()?;
        let (made_at, state) = plain.split_first_chunk()?;
        let age = self.clock.get().checked_sub(u64::from_be_bytes(*made_at))?;
        (age <= u64::from(self.timeout)).then(|| state.to_vec())
    }
}

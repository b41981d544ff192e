//! Session tickets: what a client brings back so that its session goes on.
//!
//! A ticket is nonce (12 bytes), then AES-256-GCM over the time it was made (8 bytes, big endian, seconds) and rustls'
//! state. What is authenticated with it is the *context*: a digest of what a session was trusted under. rustls itself
//! binds a session to the name that the client asked for, but not to a server block.

use std::sync::Arc;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::server::ProducesTickets;
use aws_lc_rs::hmac;

use super::clock::Clock;
use super::server::random;

/// The key of all tickets of a configuration: workers that are forked with it read each other's.
#[derive(Clone)]
pub struct TicketKey(Arc<LessSafeKey>);

impl TicketKey {
    /// A new one; none if the system has no randomness.
    pub fn generate() -> Option<Self> {
        let mut key = [0; 32];
        random(&mut key)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).ok()?;
        Some(Self(Arc::new(LessSafeKey::new(key))))
    }
}

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKey")
    }
}

#[derive(Debug)]
pub(super) struct Tickets {
    pub key: TicketKey,
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
        let mut nonce = [0; NONCE_LEN];
        random(&mut nonce)?;
        let mut sealed = [&self.clock.get().to_be_bytes(), plain].concat();
        let (aad, key) = (Aad::from(self.context), &self.key.0);
        let of = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(of, aad, &mut sealed).ok()?;
        Some([&nonce, &*sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = ticket.split_first_chunk()?;
        let mut sealed = sealed.to_vec();
        let of = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key.0.open_in_place(of, Aad::from(self.context), &mut sealed).ok()?;
        let (made_at, state) = plain.split_first_chunk()?;
        let age = self.clock.get().checked_sub(u64::from_be_bytes(*made_at))?;
        (age <= u64::from(self.timeout)).then(|| state.to_vec())
    }
}

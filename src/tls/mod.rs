//! TLS: the one door to rustls and its cryptography; nothing else may name them.
//!
//! A [`Tls`] turns records into plaintext and back. It owns no socket: the reactor hands it one, with the memory that
//! all its connections share ([`Scratch`]), and is its only caller; nothing above [`crate::event`] knows which bytes
//! were encrypted. What nginx decides outside OpenSSL is decided outside rustls too: a client's hello is read first,
//! then the server block is found, and only then a machine is made for it.
//!
//! | file | what it is |
//! |---|---|
//! | `connection` | one connection: records in, records out |
//! | `handshake` | what comes before |
//! | `drive` | rustls' unbuffered machine, run until it needs more |
//! | `certificate` | a certificate with its key, from PEM |
//! | `sources` | where certificates come from, and a cache of them |
//! | `encrypted`, `der` | keys in PEM, and the passwords they are encrypted with |
//! | `server`, `client` | the settings of a server block, and of connections to servers, as rustls wants them |
//! | `authorities`, `verify_error` | whose certificates are trusted, and why another is not |
//! | `client_rules` | certificates of clients |
//! | `x509`, `distinguished_name` | the parts of a certificate as text |
//! | `ocsp` | whether a certificate is revoked: what is asked, what is answered, what is sent with certificates |
//! | `ciphers`, `groups` | OpenSSL's lists of cipher suites and of groups |
//! | `conf_command` | OpenSSL's own settings |
//! | `key_log` | a file of the secrets with which what was sent can be decrypted |
//! | `tickets`, `ratchet` | session tickets, which any worker can read, and their keys, which follow each other |
//! | `sessions` | sessions that the servers keep |
//! | `names`, `offers` | OpenSSL's names for what was negotiated, and for what clients offer, which variables show |
//! | `clock`, `error` | the time that rustls sees; why a connection failed |

mod authorities;
mod certificate;
pub mod ciphers;
mod client;
mod client_rules;
mod clock;
pub mod conf_command;
mod connection;
mod der;
mod distinguished_name;
mod drive;
mod encrypted;
mod error;
pub mod groups;
mod handshake;
mod key_log;
mod names;
mod ocsp;
mod offers;
mod ratchet;
mod server;
mod sessions;
mod sources;
mod tickets;
mod verify_error;
mod x509;

pub use authorities::Authorities;
pub use certificate::{Certificate, CertificateError};
pub use client::{Client, ClientSettings};
pub use client_rules::{CertificateStatus, ClientRules, Verdict};
pub use clock::Clock;
pub use connection::{Hello, Scratch, Tls};
pub use encrypted::Passwords;
pub use error::TlsError;
pub use handshake::Step;
pub use key_log::KeyLog;
pub use ocsp::{Answer, Question, ResponseError, Staple, Stapling, Status};
pub use server::{Protocols, Server, ServerSettings};
pub use sessions::Sessions;
pub use sources::{CacheSettings, CertificateCaches, LoadError, Source, load};
pub use tickets::TicketKeys;
pub use verify_error::VerifyError;
pub use x509::{X509, fingerprint, pem};

#[cfg(test)]
mod client_rules_tests;
#[cfg(test)]
mod client_tests;
#[cfg(test)]
mod tests;

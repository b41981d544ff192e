//! Responses that a server hands out with its certificates (RFC 6066, 8).

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::sign::CertifiedKey;
use x509_parser::asn1_rs::{Enumerated, FromDer, Sequence};

use super::super::certificate::Certificate;
use super::question::Question;
use super::response::{Answer, Status};

/// One response, in DER.
#[derive(Clone, PartialEq, Eq)]
pub struct Staple(pub(in crate::tls) Vec<u8>);

impl Staple {
    /// None: it is no response. The client alone checks what is in it, as in nginx.
    pub fn new(der: &[u8]) -> Option<Self> {
        let (rest, response) = Sequence::from_der(der).ok()?;
        // Its status comes first; the bytes behind that are there only if it is "successful".
        Enumerated::from_der(&response.content).ok()?;
        rest.is_empty().then(|| Self(der.to_vec()))
    }
}

impl fmt::Debug for Staple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staple({} bytes)", self.0.len())
    }
}

/// The staple of one certificate that is fetched while the worker runs; copies share it.
#[derive(Clone)]
pub struct Stapling(Arc<Slot>);

struct Slot {
    certificate: Certificate,
    question: Question,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The certificate with its staple, and until when, in seconds since 1970.
    stapled: Option<(Arc<CertifiedKey>, u64)>,
    /// When it is fetched again, likewise.
    refresh: u64,
    is_loading: bool,
}

/// nginx's: after a failure, or before its time is over; and at the latest. In seconds.
const SOON: u64 = 300;
const LATEST: u64 = 3600;

impl Stapling {
    /// About the certificate that `question` asks for.
    pub fn new(certificate: Certificate, question: Question) -> Self {
        Self(Arc::new(Slot { certificate, question, state: Mutex::default() }))
    }

    pub fn question(&self) -> &Question {
        &self.0.question
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Whether it is to be fetched now. If so, it is under way from here on: [`Self::put`] or [`Self::failed`] is to
    /// follow.
    pub fn begin(&self, now: u64) -> bool {
        let mut state = self.state();
        let is_due = !state.is_loading && state.refresh <= now;
        state.is_loading |= is_due;
        is_due
    }

    /// It was fetched. False: it says that the certificate is not good, which is handed out to no client.
    pub fn put(&self, response: &[u8], answer: Answer, now: u64) -> bool {
        if answer.status != Status::Good {
            self.failed(now);
            return false;
        }
        let valid = answer.next_update.unwrap_or(u64::MAX);
        let ocsp = Some(response.to_vec());
        let key = CertifiedKey { ocsp, ..(*self.0.certificate.0).clone() };
        let refresh = valid.saturating_sub(SOON).min(now + LATEST).max(now + SOON);
        *self.state() = State { stapled: Some((Arc::new(key), valid)), refresh, is_loading: false };
        true
    }

    /// It could not be fetched. What was fetched last stays as long as it is good.
    pub fn failed(&self, now: u64) {
        let mut state = self.state();
        (state.refresh, state.is_loading) = (now + SOON, false);
    }

    pub(in crate::tls) fn is_of(&self, certificate: &Certificate) -> bool {
        Arc::ptr_eq(&self.0.certificate.0, &certificate.0)
    }

    /// The certificate with its staple, if there is one that is good.
    pub(in crate::tls) fn stapled(&self, now: u64) -> Option<Arc<CertifiedKey>> {
        let state = self.state();
        let (key, valid) = state.stapled.as_ref()?;
        (*valid >= now).then(|| key.clone())
    }
}

impl fmt::Debug for Stapling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stapling").field(&self.0.question).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staple_is_a_whole_response() {
        let whole = include_bytes!("../../../t/tls/localhost.ocsp");
        assert!(Staple::new(whole).is_some());
        // "tryLater"
        assert!(Staple::new(&[0x30, 3, 10, 1, 3]).is_some());
        for cut in 0..whole.len() {
            assert!(Staple::new(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(Staple::new(&[whole, &[0][..]].concat()).is_none());
        assert!(Staple::new(b"-----BEGIN").is_none());
    }

    #[test]
    fn one_is_fetched_before_its_time_is_over_and_stays_if_that_fails() {
        use super::super::super::encrypted::Passwords;
        let file = |name: &str| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls");
            std::fs::read(format!("{folder}/{name}")).unwrap()
        };
        let (pem, key) = (file("localhost.crt"), file("localhost.key"));
        let certificate = Certificate::new(&pem, &key, &Passwords::default()).unwrap();
        let question = Question::of_own(&certificate, &file("ca.crt")).unwrap();
        let it = Stapling::new(certificate, question);
        assert!(it.begin(1000) && !it.begin(1000), "it is under way");
        it.failed(1000);
        assert!(!it.begin(1000 + SOON - 1) && it.begin(1000 + SOON));
        let good = |next_update| Answer { status: Status::Good, next_update };
        assert!(it.put(b"one", good(Some(4000)), 2000));
        let fetched = |now| it.stapled(now).and_then(|key| key.ocsp.clone());
        assert_eq!(fetched(3999).as_deref(), Some(&b"one"[..]));
        assert!(!it.begin(4000 - SOON - 1) && it.begin(4000 - SOON));
        let revoked = Answer { status: Status::Revoked, next_update: Some(9000) };
        assert!(!it.put(b"two", revoked, 3900));
        assert_eq!((fetched(4000).as_deref(), fetched(4001)), (Some(&b"one"[..]), None));
        assert!(!it.begin(4000) && it.begin(3900 + SOON));
        assert!(it.put(b"three", good(None), 5000));
        assert!(!it.begin(5000 + LATEST - 1) && it.begin(5000 + LATEST));
        it.failed(9000);
        assert_eq!(fetched(1 << 40).as_deref(), Some(&b"three"[..]));
    }
}

//! Secrets that follow each other in time, and cannot be gone back to.
//!
//! An epoch is a number of four digits to the base 256. From the secret of a digit follow that of the next digit, and the
//! first one of the digits below it; from the last digit's, what the epoch has for its own. What is kept is what comes
//! next at each digit, so that any epoch ahead is at most 1024 steps away, and none behind can be found out.

use zeroize::Zeroizing;

use crate::base::digest::hmac_sha256;

pub(super) type Secret = Zeroizing<[u8; 32]>;

pub(super) struct Ratchet {
    /// Of each digit, the first one highest.
    next: [Secret; 4],
    /// The last one that was asked for. None: `next` begins with the secret of the first digit's 0.
    epoch: Option<u32>,
}

pub(super) fn derive(secret: &[u8], word: &[u8]) -> Secret {
    Zeroizing::new(hmac_sha256(secret, word))
}

impl Ratchet {
    /// Those from the same secret go the same way.
    pub(super) fn new(secret: Secret) -> Self {
        Self {
            next: [secret, Secret::default(), Secret::default(), Secret::default()],
            epoch: None,
        }
    }

    /// The secret of an epoch; none if it is not ahead of the last one.
    pub(super) fn advance(&mut self, epoch: u32) -> Option<Secret> {
        let wanted = epoch.to_be_bytes();
        let (first, mut at) = match self.epoch {
            None => (0, 0),
            Some(now) if now >= epoch => return None,
            Some(now) => {
                let mut digits = now.to_be_bytes().into_iter().zip(wanted).enumerate();
                let (first, (now, _)) = digits.find(|(_, (now, wanted))| now != wanted)?;
                // It is less than what is wanted there.
                (first, now.saturating_add(1))
            }
        };
        let mut secret = self.next.get(first)?.clone();
        for (next, wanted) in self.next.iter_mut().zip(wanted).skip(first) {
            for _ in at..wanted {
                secret = derive(&*secret, b"next");
            }
            *next = derive(&*secret, b"next");
            secret = derive(&*secret, b"below");
            at = 0;
        }
        self.epoch = Some(epoch);
        Some(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> Ratchet {
        Ratchet::new(Zeroizing::new([7; 32]))
    }

    #[test]
    fn every_way_to_an_epoch_ends_at_the_same_secret() {
        let epochs = [0, 1, 2, 255, 256, 257, 511, 65535, 65536, 1 << 24, u32::MAX - 1, u32::MAX];
        let alone: Vec<_> = epochs.map(|epoch| new().advance(epoch).unwrap()).to_vec();
        for (n, one) in alone.iter().enumerate() {
            assert!(!alone[..n].contains(one), "{n}");
        }
        for step in 1..5 {
            let mut it = new();
            for n in (0..epochs.len()).step_by(step) {
                assert_eq!(it.advance(epochs[n]).as_ref(), Some(&alone[n]), "{n} by {step}");
            }
        }
        let mut it = new();
        let all: Vec<_> = (0..1000).map(|epoch| it.advance(epoch).unwrap()).collect();
        assert_eq!((&all[255], &all[256]), (&alone[3], &alone[4]));
    }

    #[test]
    fn what_is_behind_is_gone() {
        let mut it = new();
        let former = it.advance(1000).unwrap();
        assert!(it.advance(1000).is_none() && it.advance(999).is_none() && it.advance(0).is_none());
        assert!(!it.next.contains(&former) && !it.next.contains(&Zeroizing::new([7; 32])));
    }
}

//! What `ps` shows of the process: the system reads it from where the arguments were put at the start, so
//! writing there changes it.
//!
//! The environment stands behind the arguments; it is moved away first, and its place is used as well.

use std::ffi::OsString;
use std::sync::atomic::{AtomicU8, Ordering};

/// The memory of the title. Only atomics are made of it: a title written by two at once is mixed, no more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Title(&'static [AtomicU8]);

impl Title {
    /// Takes the memory over. From here on the arguments cannot be read from the system any more: what
    /// needs them has copied them. Call it once, while there is one thread.
    pub fn take() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let Some((start, end)) = place(&stat) else {
            return Self::default();
        };
        set_environment(&std::env::vars_os().collect::<Vec<_>>());
        // SAFETY: the system said that its copies of the arguments and of the environment stand there, in the
        // stack of the first thread, which is never given back. The environment is used from the heap now; the
        // arguments are not read any more, as the caller promises.
        Self(unsafe { std::slice::from_raw_parts(start as *const AtomicU8, end - start) })
    }

    /// Shows `words`, or as much of them as there is room for.
    pub fn set(self, words: &[u8]) {
        // The last byte stays 0, or the system would read on.
        let Some((_, room)) = self.0.split_last() else { return };
        for (at, place) in room.iter().enumerate() {
            place.store(words.get(at).copied().unwrap_or(0), Ordering::Relaxed);
        }
    }
}

/// Replaces the whole environment of the process. Call it while there is one thread.
///
/// A name that could be none is passed over.
pub fn set_environment(all: &[(OsString, OsString)]) {
    let has = |it: &OsString, byte: u8| it.as_encoded_bytes().contains(&byte);
    let good = |name: &OsString, value: &OsString| {
        !name.is_empty() && !has(name, b'=') && !has(name, 0) && !has(value, 0)
    };
    // SAFETY: there is one thread, so the environment is not read meanwhile.
    unsafe {
        libc::clearenv();
        for (name, value) in all.iter().filter(|(name, value)| good(name, value)) {
            std::env::set_var(name, value);
        }
    }
}

/// From where to where arguments and environment stand, by `/proc/self/stat`.
fn place(stat: &str) -> Option<(usize, usize)> {
    // The second field is a name, which may hold anything. Then comes the third.
    let fields = stat.rsplit_once(") ")?.1;
    let mut numbers = fields.split_ascii_whitespace().skip(48 - 3).map(str::parse::<usize>);
    let mut next = || numbers.next()?.ok();
    let (arg_start, arg_end, env_start, env_end) = (next()?, next()?, next()?, next()?);
    if arg_start == 0 || arg_end <= arg_start {
        return None;
    }
    let together = env_start == arg_end && env_end > env_start;
    Some((arg_start, if together { env_end } else { arg_end }))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn arguments_and_environment_are_one_place_if_they_stand_together() {
        let stat = |places: &str| format!("7 (a) b) S{} {places} 0", " 1".repeat(44));
        assert_eq!(place(&stat("100 120 120 190")), Some((100, 190)));
        assert_eq!(place(&stat("100 120 130 190")), Some((100, 120)));
        assert_eq!(place(&stat("0 0 0 0")), None);
        assert_eq!(place("7 (a) S 1 2"), None);
        assert_eq!(place(""), None);
        let own = std::fs::read_to_string("/proc/self/stat").unwrap();
        assert!(place(&own).is_some_and(|(start, end)| end > start));
    }
}

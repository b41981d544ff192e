//! `Authorization: Basic`, and files of users and the hashes of their passwords, as `auth_basic_user_file` names them.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use crate::base::{base64, digest};
use crate::os::crypt::{CryptError, crypt};
use crate::os::random;

/// Appends `user:password` of an `Authorization: Basic`. The length of the user's name; none if the field holds no pair.
pub fn credentials(field: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let (scheme, text) = field.split_at_checked(6)?;
    let text = text.trim_ascii_start();
    if !scheme.eq_ignore_ascii_case(b"basic ") || text.is_empty() {
        return None;
    }
    let start = out.len();
    base64::decode(text, false, out).then_some(())?;
    memchr::memchr(b':', &out[start..]).filter(|&colon| colon > 0)
}

/// What a file says of a user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found<'a> {
    pub hash: Option<&'a [u8]>,
    /// Of the first user in the file: what an unknown user's password is compared with, so that the time tells nothing.
    pub first: Option<&'a [u8]>,
}

/// Looks for a line `user:hash`, which may go on with `:` and a comment. The first one counts.
pub fn find<'a>(file: &'a [u8], user: &[u8]) -> Found<'a> {
    let mut found = Found { hash: None, first: None };
    for (name, hash) in entries(file) {
        found.first = found.first.or(Some(hash));
        if name == user {
            found.hash = Some(hash);
            break;
        }
    }
    found
}

/// Users and hashes.
pub fn entries(file: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    file.split(|&byte| byte == b'\n').filter_map(|line| {
        if line.starts_with(b"#") || line.starts_with(b"\r") {
            return None;
        }
        let colon = memchr::memchr(b':', line).filter(|&colon| colon > 0)?;
        let rest = &line[colon + 1..];
        let end = memchr::memchr2(b':', b'\r', rest).unwrap_or(rest.len());
        Some((&line[..colon], &rest[..end]))
    })
}

/// A hash cannot be compared with a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashError {
    Crypt(CryptError),
    /// It would keep the worker busy for longer than [`MAX_COST`].
    Costly(u64),
}

/// crypt(3) takes no longer password.
const LONGEST: usize = 511;

/// The time that a comparison may take, in ms of a usual machine.
pub const MAX_COST: u64 = 10_000;

/// Above this cost, in ms, the start of the program warns of what each login takes.
pub const HIGH_COST: u64 = 100;

/// Whether the password is the one of the hash: `{PLAIN}`, `{SHA}`, `{SSHA}`, `$apr1$`, or what crypt(3) knows.
pub fn verify(password: &[u8], hash: &[u8]) -> Result<bool, HashError> {
    if password.len() > LONGEST || password.contains(&0) {
        return Ok(false);
    }
    if let Some(plain) = hash.strip_prefix(b"{PLAIN}") {
        return Ok(is_same(plain, password));
    }
    if let Some(text) = hash.strip_prefix(b"{SHA}") {
        return Ok(salted_sha(text).is_some_and(|it| it.len() == 20 && has_sha(&it, password)));
    }
    if let Some(text) = hash.strip_prefix(b"{SSHA}") {
        return Ok(salted_sha(text).is_some_and(|it| it.len() >= 20 && has_sha(&it, password)));
    }
    if hash.starts_with(b"$apr1$") {
        return Ok(is_same(&apr1(password, hash), hash));
    }
    let cost = cost(hash);
    if cost > MAX_COST {
        return Err(HashError::Costly(cost));
    }
    match crypt(password, hash) {
        // A word that begins with `*` is no hash: the system does not know the method.
        Ok(made) => Ok(is_same(&made, hash) && !made.starts_with(b"*")),
        Err(e) => Err(HashError::Crypt(e)),
    }
}

/// Takes a time that depends on the lengths alone.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let different = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && different == 0
}

fn salted_sha(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    base64::decode(text, false, &mut bytes).then_some(())?;
    Some(bytes)
}

/// `sha` is a digest of 20 bytes or more, and the salt.
fn has_sha(sha: &[u8], password: &[u8]) -> bool {
    let (sum, salt) = sha.split_at(20);
    is_same(&digest::sha1(&[password, salt]), sum)
}

/// Apache's variant of the hash by MD5: all of it, made with the salt of `setting`.
fn apr1(password: &[u8], setting: &[u8]) -> Vec<u8> {
    const MAGIC: &[u8] = b"$apr1$";
    let rest = &setting[MAGIC.len()..];
    let end =
        rest.iter().take(8).position(|&byte| byte == b'$').unwrap_or_else(|| rest.len().min(8));
    let salt = &rest[..end];
    let md5 = |parts: &[&[u8]]| md5::compute(parts.concat()).0;
    let mut sum = md5(&[password, salt, password]);
    let mut text = [password, MAGIC, salt].concat();
    text.extend(sum.iter().cycle().take(password.len()));
    let mut bits = password.len();
    while bits > 0 {
        text.push(if bits & 1 == 1 { 0 } else { password[0] });
        bits >>= 1;
    }
    sum = md5(&[&text]);
    for round in 0..1000 {
        let is_odd = round % 2 == 1;
        let (first, last) = if is_odd { (password, &sum[..]) } else { (&sum[..], password) };
        let salt = if round % 3 == 0 { &[][..] } else { salt };
        let again = if round % 7 == 0 { &[][..] } else { password };
        sum = md5(&[first, salt, again, last]);
    }
    let mut out = [MAGIC, salt, b"$"].concat();
    let groups = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];
    for group in groups {
        let [high, middle, low] = group.map(|at: usize| u32::from(sum[at]));
        push_digits(high << 16 | middle << 8 | low, 4, &mut out);
    }
    push_digits(sum[11].into(), 2, &mut out);
    out
}

/// Of crypt(3), the least significant first.
const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn push_digits(mut bits: u32, count: usize, out: &mut Vec<u8>) {
    for _ in 0..count {
        out.push(DIGITS[(bits & 63) as usize]);
        bits >>= 6;
    }
}

/// About how long a comparison with the hash takes, in ms of a usual machine. Methods whose cost is fixed count
/// nothing.
pub fn cost(hash: &[u8]) -> u64 {
    let digit = |byte: u8| DIGITS.iter().position(|&it| it == byte).map(|at| at as u32);
    let power = |bits: u32| 1u64.checked_shl(bits).unwrap_or(u64::MAX);
    let decimal = |text: &[u8]| {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0u64, |n, digit| n.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
    };
    // The least significant digit first.
    let number = |digits: &[u8]| {
        let digits = digits.iter().rev().map(|&byte| digit(byte).unwrap_or(0));
        digits.fold(0u64, |n, digit| n << 6 | u64::from(digit))
    };
    if let Some(rounds) = hash.strip_prefix(b"$sha1$") {
        return decimal(rounds) / 500;
    }
    if let Some(rounds) = hash.strip_prefix(b"$md5,rounds=") {
        return decimal(rounds) / 300;
    }
    match hash {
        [b'$', b'2', _, b'$', tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'$', ..] => {
            let rounds = u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
            // More is no hash.
            if rounds > 31 { 0 } else { power(rounds) / 16 }
        }
        [b'$', b'5' | b'6', b'$', rest @ ..] => {
            decimal(rest.strip_prefix(b"rounds=").unwrap_or(b"5000")) / 1500
        }
        [b'_', a, b, c, d, ..] => number(&[*a, *b, *c, *d]) / 3600,
        // N and r: what is done is in proportion to both.
        [b'$', b'y', b'$', _, n, r, ..] | [b'$', b'g', b'y', b'$', _, n, r, ..] => {
            match (digit(*n), digit(*r)) {
                (Some(n), Some(r)) => power(n + 1).saturating_mul(u64::from(r) + 1) / 2000,
                _ => 0,
            }
        }
        [b'$', b'7', b'$', n, r @ ..] => {
            let size = number(&r[..r.len().min(5)]);
            digit(*n).map_or(0, |n| power(n).saturating_mul(size) / 2000)
        }
        _ => 0,
    }
}

/// Pairs of user and password that were right, so that the cost of a hash is paid once and not by each request.
///
/// What is kept is a keyed digest of the pair and of the state of the file: a file that has changed has no pairs.
#[derive(Debug, Default)]
pub struct Remembered {
    secret: Option<[u64; 2]>,
    /// In two generations: the older one is dropped when the younger is full.
    young: BTreeSet<[u8; 32]>,
    old: BTreeSet<[u8; 32]>,
}

/// Pairs of a generation.
const GENERATION: usize = 500;

/// A digest of a pair and its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair([u8; 32]);

impl Remembered {
    pub fn pair(&mut self, path: &[u8], file: &Metadata, user: &[u8], password: &[u8]) -> Pair {
        let secret = self.secret.get_or_insert_with(|| [random::word(), random::word()]);
        let state = [file.dev(), file.ino(), file.size(), file.mtime() as u64, file.ctime() as u64];
        let finer = [file.mtime_nsec() as u64, file.ctime_nsec() as u64];
        let numbers: Vec<u8> =
            secret.iter().chain(&state).chain(&finer).flat_map(|n| n.to_be_bytes()).collect();
        Pair(digest::sha256_of_parts(&[&numbers, path, user, password]))
    }

    pub fn has(&self, pair: Pair) -> bool {
        self.young.contains(&pair.0) || self.old.contains(&pair.0)
    }

    pub fn insert(&mut self, pair: Pair) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(pair.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let file =
            b"# a:b\n\nbroken\n:empty\n\rx:y\nann:one:comment\r\nbob:two\r\nann:other\nlast:three";
        let hash = |user: &[u8]| find(file, user).hash;
        assert_eq!(hash(b"ann"), Some(&b"one"[..]));
        assert_eq!(hash(b"bob"), Some(&b"two"[..]));
        assert_eq!(hash(b"last"), Some(&b"three"[..]));
        for user in ["", "# a", "broken", "an", "\rx", "anna"] {
            assert_eq!(hash(user.as_bytes()), None, "{user}");
        }
        assert_eq!(find(file, b"nobody").first, Some(&b"one"[..]));
        assert_eq!(find(b"", b"ann"), Found { hash: None, first: None });
    }

    #[test]
    fn hashes() {
        for hash in [
            "{PLAIN}pass",
            "{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=",
            "{SSHA}EfVjnyJSUVXLC0NXPuQhKDjHjYdzYWx0",
            "$apr1$saltsalt$xx013OFx2cRtDjpNeiZXf.",
            "$1$saltsalt$hZR.9zfJXcVTsa9iTxnQR1",
            "abccBcrPOxnLU",
            "$5$saltsalt$9k0iflfLhuazVMAUTm0egnVlpP5ays5xBLqSJuoPfB9",
            "$2b$04$abcdefghijklmnopqrstuufznL8bkzdtHwLhca4To/v9Lo9bA7fR6",
            "$y$j75$saltsalt$02uBulIsvLI5ZKAeg1YegqtfMHVVcPUxHxUsdQ5M9s9",
        ] {
            assert_eq!(verify(b"pass", hash.as_bytes()), Ok(true), "{hash}");
            assert_eq!(verify(b"Pass", hash.as_bytes()), Ok(false), "{hash}");
            assert_eq!(verify(b"", hash.as_bytes()), Ok(false), "{hash}");
        }
        for wrong in ["{SHA}", "{SHA}!", "{SSHA}AAAA", "$apr1$", "$apr1$x"] {
            assert_eq!(verify(b"pass", wrong.as_bytes()), Ok(false), "{wrong}");
        }
        for none in ["", "*", "!", "$nothing$x$y", "$2b$99$x"] {
            assert!(!verify(b"pass", none.as_bytes()).is_ok_and(|same| same), "{none}");
        }
        let long = [b"{PLAIN}".as_slice(), &[b'x'; 512]].concat();
        assert_eq!(verify(&[b'x'; 512], &long), Ok(false));
        assert_eq!(verify(&[b'x'; 511], &long[..long.len() - 1]), Ok(true));
        assert_eq!(verify(b"a\0b", b"{PLAIN}a\0b"), Ok(false));
    }

    #[test]
    fn a_hash_of_absurd_cost_is_not_tried() {
        for hash in [
            "$2b$31$x",
            "$6$rounds=999999999$x",
            "$y$jzT$x",
            "$gy$jzT$x",
            "$7$zU....x",
            "$sha1$4000000000$x",
            "$md5,rounds=4000000000$x",
        ] {
            let verdict = verify(b"pass", hash.as_bytes());
            assert!(matches!(verdict, Err(HashError::Costly(_))), "{hash}");
        }
        for (hash, is_high) in [
            ("$2y$10$x", false),
            ("$2y$12$x", true),
            ("$6$x$y", false),
            ("$6$rounds=400000$x", true),
            ("$y$j9T$x", false),
            ("$y$jBT$x", true),
            ("$gy$j9T$x", false),
            ("$gy$jBT$x", true),
            ("$sha1$40000$x", false),
            ("$sha1$480000$x", true),
            ("$md5,rounds=900$x", false),
            ("$md5,rounds=60000$x", true),
            ("_J9..salt", false),
            ("_zzzzsalt", true),
            ("$1$x$y", false),
            ("{PLAIN}x", false),
        ] {
            assert_eq!(cost(hash.as_bytes()) > HIGH_COST, is_high, "{hash}");
        }
    }

    #[test]
    fn pairs_are_forgotten_in_generations() {
        let mut known = Remembered::default();
        let file = std::fs::metadata("/").unwrap();
        let other = std::fs::metadata("/proc/self").unwrap();
        let pair = known.pair(b"/f", &file, b"a", b"b");
        assert!(!known.has(pair));
        known.insert(pair);
        assert_eq!(known.pair(b"/f", &file, b"a", b"b"), pair);
        assert!(known.has(pair));
        let others = [
            known.pair(b"/f", &file, b"ab", b""),
            known.pair(b"/g", &file, b"a", b"b"),
            known.pair(b"/f", &other, b"a", b"b"),
        ];
        assert!(others.iter().all(|&other| !known.has(other)));
        for n in 0..2 * GENERATION {
            let pair = known.pair(b"/f", &file, b"n", &n.to_be_bytes());
            known.insert(pair);
        }
        assert!(!known.has(pair));
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
    }
}

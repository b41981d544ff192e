//! Certificates with their keys, from where the configuration names them, and a cache of those that variables name
//! (`ssl_certificate_cache`).

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zeroize::Zeroizing;

use super::certificate::{Certificate, CertificateError};
use super::encrypted::Passwords;
use crate::base::digest::sha256_of_parts;
use crate::os::Errno;

/// What an `ssl_certificate`, or its key, comes to.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// `data:` and PEM; overwritten when it is given back.
    Data(Zeroizing<Vec<u8>>),
}

/// Why there is no certificate, in nginx's words.
#[derive(Debug)]
pub struct LoadError {
    pub message: String,
    /// It is the key that is wrong.
    pub is_of_key: bool,
}

impl Source {
    /// Names of files are relative to `folder`.
    pub fn new(text: &[u8], folder: &Path) -> Self {
        use std::os::unix::ffi::OsStrExt;
        match text.strip_prefix(b"data:") {
            Some(pem) => Self::Data(Zeroizing::new(pem.to_vec())),
            None => Self::File(folder.join(std::ffi::OsStr::from_bytes(text))),
        }
    }

    /// The name of a file is empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::File(path) if path.as_os_str().as_encoded_bytes().ends_with(b"/"))
    }

    /// Equal ones have equal digests, and other ones others.
    pub fn digest(&self) -> [u8; 32] {
        match self {
            Self::File(path) => sha256_of_parts(&[b"file", path.as_os_str().as_encoded_bytes()]),
            Self::Data(pem) => sha256_of_parts(&[b"data", pem]),
        }
    }

    fn read(&self, what: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        match self {
            Self::Data(pem) => Ok(pem.clone()),
            Self::File(path) => fs::read(path).map(Zeroizing::new).map_err(|e| {
                let e = Errno::from(e);
                format!("cannot load {what} \"{self}\": BIO_new_file() failed ({e})")
            }),
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Data(_) => None,
        }
    }
}

/// The name of the file; of data nothing is shown.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Data(_) => f.write_str("data:"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a certificate and its key.
pub fn load(
    certificate: &Source,
    key: &Source,
    passwords: &Passwords,
) -> Result<Certificate, LoadError> {
    let of_certificate = |message| LoadError { message, is_of_key: false };
    let of_key = |message| LoadError { message, is_of_key: true };
    let chain = certificate.read("certificate").map_err(of_certificate)?;
    let secret = key.read("certificate key").map_err(of_key)?;
    Certificate::new(&chain, &secret, passwords).map_err(|why| match why {
        CertificateError::Certificate(why) => of_certificate(format!(
            "cannot load certificate \"{certificate}\": PEM_read_bio_X509() failed ({why})"
        )),
        CertificateError::Key(why) => of_key(format!(
            "cannot load certificate key \"{key}\": PEM_read_bio_PrivateKey() failed ({why})"
        )),
        CertificateError::Mismatch => {
            of_key(format!("SSL_CTX_use_PrivateKey(\"{key}\") failed ({why})"))
        }
    })
}

/// `ssl_certificate_cache`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheSettings {
    /// Blocks that inherit it share what is in it.
    pub number: u32,
    /// Certificates.
    pub max: usize,
    /// After how long without use one is forgotten, in ms.
    pub inactive: u64,
    /// After how long its files are looked at again, in ms.
    pub valid: u64,
}

/// All certificate caches of a worker, by their numbers. Certificates from `data:` are not kept.
#[derive(Default, Debug)]
pub struct CertificateCaches(HashMap<u32, Cache>);

#[derive(Default, Debug)]
struct Cache {
    known: HashMap<Rc<Paths>, Known>,
    /// By when they were last asked for.
    order: BTreeMap<u64, Rc<Paths>>,
    last: u64,
}

/// Of the certificate and of its key.
type Paths = [PathBuf; 2];

#[derive(Debug)]
struct Known {
    certificate: Certificate,
    stamps: [Stamp; 2],
    /// When the files were last looked at, in ms.
    checked: u64,
    used: u64,
    /// Its place in the order.
    place: u64,
}

/// What changes when a file is written anew.
type Stamp = (u64, u64, i64, i64);

fn stamp(it: &Metadata) -> Stamp {
    (it.dev(), it.ino(), it.mtime(), it.mtime_nsec())
}

fn stamps(paths: &Paths) -> Option<[Stamp; 2]> {
    let [certificate, key] =
        paths.each_ref().map(|path| fs::metadata(path).ok().as_ref().map(stamp));
    Some([certificate?, key?])
}

impl CertificateCaches {
    /// As [`load`]; from the cache, if there is one and the certificate is in it. `now` is the worker's time, in ms.
    pub fn get(
        &mut self,
        cache: Option<CacheSettings>,
        certificate: &Source,
        key: &Source,
        passwords: &Passwords,
        now: u64,
    ) -> Result<Certificate, LoadError> {
        let (Some(cache), Some(path), Some(key_path)) = (cache, certificate.file(), key.file())
        else {
            return load(certificate, key, passwords);
        };
        let paths = Rc::new([path.to_owned(), key_path.to_owned()]);
        let of = self.0.entry(cache.number).or_default();
        if let Some(known) = of.find(&paths, &cache, now) {
            return Ok(known);
        }
        // Before they are read: a change between the two is seen the next time.
        let stamps = stamps(&paths);
        let loaded = load(certificate, key, passwords)?;
        if let Some(stamps) = stamps {
            of.insert(paths, &cache, loaded.clone(), stamps, now);
        }
        Ok(loaded)
    }
}

impl Cache {
    fn find(&mut self, paths: &Rc<Paths>, cache: &CacheSettings, now: u64) -> Option<Certificate> {
        // As in nginx, only a few that nothing has asked for are removed at a time.
        for _ in 0..2 {
            let Some((_, oldest)) = self.order.first_key_value() else { break };
            if self.known.get(oldest).is_some_and(|it| now - it.used <= cache.inactive) {
                break;
            }
            self.remove_oldest();
        }
        let known = self.known.get_mut(paths)?;
        if now - known.checked > cache.valid {
            if stamps(paths) != Some(known.stamps) {
                let place = known.place;
                self.order.remove(&place);
                self.known.remove(paths);
                return None;
            }
            known.checked = now;
        }
        self.last += 1;
        self.order.remove(&known.place);
        self.order.insert(self.last, paths.clone());
        (known.used, known.place) = (now, self.last);
        Some(known.certificate.clone())
    }

    fn insert(
        &mut self,
        paths: Rc<Paths>,
        cache: &CacheSettings,
        certificate: Certificate,
        stamps: [Stamp; 2],
        now: u64,
    ) {
        if self.known.len() >= cache.max {
            self.remove_oldest();
        }
        self.last += 1;
        let place = self.last;
        self.order.insert(place, paths.clone());
        let known = Known { certificate, stamps, checked: now, used: now, place };
        self.known.insert(paths, known);
    }

    fn remove_oldest(&mut self) {
        if let Some((_, paths)) = self.order.pop_first() {
            self.known.remove(&paths);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: CacheSettings =
        CacheSettings { number: 0, max: 2, inactive: 10_000, valid: 60_000 };

    /// A folder with copies of the certificates of tests, named by letters.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("peerage-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn put(&self, letter: &str, name: &str) {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("t/tls");
            for end in ["crt", "key"] {
                // Not into the file: its stamp is to differ, however coarse the time is.
                let new = self.0.join("new");
                fs::copy(from.join(format!("{name}.{end}")), &new).unwrap();
                fs::rename(new, self.0.join(format!("{letter}.{end}"))).unwrap();
            }
        }

        fn get(&self, all: &mut CertificateCaches, letter: &str, now: u64) -> Option<Vec<u8>> {
            let of = |end| Source::new(format!("{letter}.{end}").as_bytes(), &self.0);
            let (certificate, key) = (of("crt"), of("key"));
            let got = all.get(Some(SETTINGS), &certificate, &key, &Passwords::default(), now);
            got.ok().map(|it| it.der().to_vec())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_are_looked_at_again_when_their_time_is_over() {
        let (folder, mut all) = (Folder::new("valid"), CertificateCaches::default());
        folder.put("a", "localhost");
        let first = folder.get(&mut all, "a", 0);
        folder.put("a", "rsa");
        for now in (0..=60_000).step_by(5_000) {
            assert_eq!(folder.get(&mut all, "a", now), first, "{now}");
        }
        let second = folder.get(&mut all, "a", 60_001);
        assert!(second.is_some() && second != first);
        fs::remove_file(folder.0.join("a.key")).unwrap();
        for now in (65_000..=120_000).step_by(5_000) {
            assert_eq!(folder.get(&mut all, "a", now), second, "{now}");
        }
        assert_eq!(folder.get(&mut all, "a", 125_000), None);
    }

    #[test]
    fn what_nothing_asks_for_is_forgotten() {
        let (folder, mut all) = (Folder::new("inactive"), CertificateCaches::default());
        folder.put("a", "localhost");
        let first = folder.get(&mut all, "a", 0);
        folder.put("a", "rsa");
        assert_eq!(folder.get(&mut all, "a", 10_000), first);
        assert_ne!(folder.get(&mut all, "a", 20_001), first);
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let (folder, mut all) = (Folder::new("max"), CertificateCaches::default());
        for letter in ["a", "b", "c"] {
            folder.put(letter, "localhost");
        }
        let first = folder.get(&mut all, "a", 0);
        for letter in ["b", "a", "c"] {
            assert_eq!(folder.get(&mut all, letter, 1), first);
        }
        folder.put("a", "rsa");
        folder.put("b", "rsa");
        assert_eq!(folder.get(&mut all, "a", 2), first);
        assert_ne!(folder.get(&mut all, "b", 2), first);
    }

    #[test]
    fn data_needs_no_file_and_is_never_shown() {
        let read = |name: &str| fs::read(format!("{}/t/tls/{name}", env!("CARGO_MANIFEST_DIR")));
        let source = |name| Source::new(&[b"data:", &*read(name).unwrap()].concat(), Path::new(""));
        let (certificate, key) = (source("localhost.crt"), source("localhost.key"));
        let get = |key| {
            CertificateCaches::default().get(
                Some(SETTINGS),
                &certificate,
                key,
                &Passwords::default(),
                0,
            )
        };
        assert!(get(&key).is_ok());
        let e = get(&source("other.key")).unwrap_err();
        let words = "SSL_CTX_use_PrivateKey(\"data:\") failed (key values mismatch)";
        assert_eq!((&*e.message, e.is_of_key), (words, true));
        assert_eq!(format!("{key} {key:?}"), "data: data:");
    }
}

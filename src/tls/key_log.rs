//! `ssl_key_log`: the secrets of connections, in the format that Wireshark reads (draft-ietf-tls-keylogfile).

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

/// A file that is appended to. Two are equal that were opened by the same name.
#[derive(Clone, Debug)]
pub struct KeyLog {
    path: PathBuf,
    file: Arc<File>,
}

impl KeyLog {
    /// Its owner alone may read it, also if it has been there before.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        // A device, such as /dev/null, is not this program's own.
        if file.metadata()?.is_file() {
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        Ok(Self { path: path.to_owned(), file: Arc::new(file) })
    }
}

impl PartialEq for KeyLog {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for KeyLog {}

impl rustls::KeyLog for KeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        // Never longer: it is not copied while it grows.
        let len = label.len() + 2 * (client_random.len() + secret.len()) + 3;
        let mut line = Zeroizing::new(String::with_capacity(len));
        line.push_str(label);
        for bytes in [client_random, secret] {
            line.push(' ');
            for byte in bytes {
                let _ = write!(line, "{byte:02x}");
            }
        }
        line.push('\n');
        // One call, so that the lines of several workers do not mix. Nothing depends on it.
        let _ = (&*self.file).write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_keep_their_permissions() {
        let null = Path::new("/dev/null");
        let mode = || null.metadata().unwrap().permissions().mode();
        let before = mode();
        KeyLog::open(null).unwrap();
        assert_eq!(mode(), before);
    }
}

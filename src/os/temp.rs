//! Temporary files in hashed directories, as nginx lays them out.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Errno;

/// Digits of the number that is a file's name.
pub const DIGITS: u8 = 10;

/// How many names are tried.
pub const ATTEMPTS: u64 = 8;

/// Makes a file that was not there before, under `dir` and its `levels` (digits of the number's end).
/// The error names the path that could not be made.
pub fn create(dir: &Path, levels: &[u8], seed: u64) -> Result<(File, PathBuf), (Errno, PathBuf)> {
    let mut last = (Errno::NOENT, dir.to_owned());
    for attempt in 0..ATTEMPTS {
        let path = path(dir, levels, &number(seed, attempt));
        match open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(e) => last = (e.into(), path),
        }
    }
    Err(last)
}

/// The number that is a file's name, in [`DIGITS`] digits: another one for each attempt.
pub fn number(seed: u64, attempt: u64) -> String {
    format!("{:010}", (seed.wrapping_add(attempt * 7919)) % 10_000_000_000)
}

/// The path of a file under `dir` and its levels, which are named by that many letters of the end of `name`.
pub fn path(dir: &Path, levels: &[u8], name: &str) -> PathBuf {
    let mut path = dir.to_owned();
    let mut end = name.len();
    for &level in levels.iter().take_while(|&&level| level > 0) {
        let start = end.saturating_sub(usize::from(level));
        path.push(&name[start..end]);
        end = start;
    }
    path.push(name);
    path
}

pub(super) fn make_directories(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The directories on the way are made when the first file needs them, readable by this user alone as well.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    match (options.open(path), path.parent()) {
        (Err(e), Some(parent)) if e.kind() == ErrorKind::NotFound => {
            make_directories(parent)?;
            options.open(path)
        }
        (opened, _) => opened,
    }
}

#[cfg(test)]
mod tests {
    use super::create;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn levels_are_digits_from_the_end() {
        let dir = std::env::temp_dir().join(format!("peerage-temp-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        for (levels, name) in [
            (&[][..], "0123456789"),
            (&[1, 2, 0], "9/78/0123456789"),
            (&[4, 3, 3], "6789/345/012/0123456789"),
        ] {
            let (_, path) = create(&dir, levels, 123_456_789).unwrap();
            assert_eq!(path, dir.join(name));
        }
        // Another number, where that one is taken.
        assert_eq!(create(&dir, &[], 123_456_789).unwrap().1, dir.join("0123464708"));
        let mode = |name: &str| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("9/78"), mode("9/78/0123456789")), (0o700, 0o600));
        fs::remove_dir_all(&dir).unwrap();
    }
}

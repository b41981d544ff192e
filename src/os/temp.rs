//! Temporary files in hashed directories, as nginx lays them out.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Errno;

/// Makes a file that was not there before, under `dir` and its `levels` (digits of the number's end).
/// The error names the path that could not be made.
pub fn create(dir: &Path, levels: &[u8], seed: u64) -> Result<(File, PathBuf), (Errno, PathBuf)> {
    let mut last = (Errno::NOENT, dir.to_owned());
    for attempt in 0..8 {
        let number = format!("{:010}", (seed.wrapping_add(attempt * 7919)) % 10_000_000_000);
        let mut path = dir.to_owned();
        let mut end = number.len();
        for &level in levels.iter().take_while(|&&level| level > 0) {
            let start = end.saturating_sub(usize::from(level));
            path.push(&number[start..end]);
            end = start;
        }
        if let Err(e) = fs::create_dir_all(&path) {
            return Err((e.into(), path));
        }
        path.push(&number);
        let options =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).clone();
        match options.open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(e) => last = (e.into(), path),
        }
    }
    Err(last)
}

//! Opening a file that is stored.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use super::format::{self, FIXED, Head, Unusable};
use crate::os::Errno;
use crate::os::disk::Disk;

/// A file that is whole and of that key.
#[derive(Debug)]
pub struct Entry<'b> {
    pub file: File,
    pub head: Head<'b>,
    /// Where the body begins in the file.
    pub start: u64,
    /// What was read of the body together with the head; in a small file all of it.
    pub body: &'b [u8],
}

/// Why there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Miss {
    NotFound,
    /// It is not whole, or of another format: it was removed.
    Unusable(Unusable),
    /// It is of another key, which has the same digest.
    OtherKey,
    /// The call that failed.
    Failed(&'static str, Errno),
}

/// The least that is read at once.
const LEAST: usize = 4096;

/// Opens the file at `path` for the cache key `key`. `buf` is where it is read to, as much at once as it has room for.
pub fn open<'b>(
    disk: &Disk,
    path: &Path,
    key: &[u8],
    buf: &'b mut Vec<u8>,
) -> Result<Entry<'b>, Miss> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Err(Miss::NotFound),
        Err(e) => return Err(Miss::Failed("open()", e)),
    };
    if buf.len() < LEAST {
        buf.resize(LEAST, 0);
    }
    let mut read = read_at(&file, buf, 0)?;
    let unusable = |why| {
        // Another process may have found the same, or have stored another meanwhile: then that is lost, too.
        let _ = disk.remove(path);
        Err(Miss::Unusable(why))
    };
    let start = match format::lengths(&buf[..read]) {
        Ok((start, _)) => start,
        // Its times may be replaced just now.
        Err(_) => match read_at(&file, buf, 0).map(|again| read = again) {
            Ok(()) => match format::lengths(&buf[..read]) {
                Ok((start, _)) => start,
                Err(why) => return unusable(why),
            },
            Err(miss) => return Err(miss),
        },
    };
    if read < start && read == buf.len() {
        buf.resize(start, 0);
        read += read_at(&file, &mut buf[read..], read as u64)?;
    }
    let len = match read < buf.len() {
        true => read as u64,
        false => file.metadata().map_err(|e| Miss::Failed("fstat()", e.into()))?.len(),
    };
    match format::read(&buf[..read], len) {
        Ok(head) if head.key != key => Err(Miss::OtherKey),
        Ok(head) => Ok(Entry { file, head, start: start as u64, body: &buf[start..read] }),
        Err(why) => unusable(why),
    }
}

/// The head of the file at `path`, whatever its key is; `None` if it cannot be read.
pub fn head<'b>(disk: &Disk, path: &Path, buf: &'b mut Vec<u8>) -> Option<Head<'b>> {
    let file = disk.open(path).ok()?;
    buf.resize(buf.len().max(LEAST), 0);
    let mut read = read_at(&file, buf, 0).ok()?;
    let (start, whole) = format::lengths(&buf[..read]).ok()?;
    if read < start && read == buf.len() {
        buf.resize(start, 0);
        read += read_at(&file, &mut buf[read..], read as u64).ok()?;
    }
    format::read(&buf[..read], whole).ok()
}

/// Fills the buffer as far as the file goes.
fn read_at(file: &File, buf: &mut [u8], at: u64) -> Result<usize, Miss> {
    let mut done = 0;
    while done < buf.len() {
        match file.read_at(&mut buf[done..], at + done as u64) {
            Ok(0) => break,
            Ok(n) => {
                done += n;
                // There is no need to ask where it ends.
                let is_whole = |(_, whole)| whole == done as u64;
                if at == 0 && format::lengths(&buf[..done]).is_ok_and(is_whole) {
                    break;
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Miss::Failed("read()", e.into())),
        }
    }
    Ok(done)
}

/// Replaces the times of a stored file, as [`Head::refreshed`] has them. `None`: no file has its name by now, or another.
pub fn refresh(
    disk: &Disk,
    path: &Path,
    file: &File,
    fixed: &[u8; FIXED],
) -> Result<Option<()>, (&'static str, Errno)> {
    let now = match disk.open_to_change(path) {
        Ok(now) => now,
        // It was removed.
        Err(Errno::NOENT) => return Ok(None),
        Err(e) => return Err(("open()", e)),
    };
    let [now_is, was] = [now.file(), file].map(File::metadata);
    let failed = |e: std::io::Error| ("fstat()", e.into());
    let (now_is, was) = (now_is.map_err(failed)?, was.map_err(failed)?);
    if (now_is.dev(), now_is.ino()) != (was.dev(), was.ino()) {
        return Ok(None);
    }
    now.write_at(fixed, 0).map(Some).map_err(|e| ("pwrite()", e))
}

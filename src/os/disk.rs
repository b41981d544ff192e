//! The seam to the file system, for the files of a cache: the real one, or a simulated one.
//!
//! What is open for reading is a [`File`] in both, so that it is sent as any other. Everything that changes the disk, and
//! everything that looks for names, goes through [`Disk`].

use std::ffi::{CString, OsString};
use std::fs::{self, DirEntry, File, OpenOptions, ReadDir};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

#[cfg(feature = "sim")]
use super::sim::disk::{SimDisk, SimEntry, SimFile};
use super::{Errno, syscall, temp};

/// A file system.
#[derive(Clone, Debug, Default)]
pub enum Disk {
    #[default]
    Os,
    #[cfg(feature = "sim")]
    Sim(SimDisk),
}

/// A file that is being written: no other process takes it for one that a dead process left behind.
#[derive(Debug)]
pub enum NewFile {
    Os(File),
    #[cfg(feature = "sim")]
    Sim(SimFile),
}

/// The entries of one directory, in the order in which the file system has them.
#[derive(Debug)]
pub enum Listing {
    Os(ReadDir),
    #[cfg(feature = "sim")]
    Sim(std::vec::IntoIter<SimEntry>),
}

#[derive(Debug)]
pub struct Entry {
    pub name: OsString,
    pub is_dir: bool,
    of: Of,
}

#[derive(Debug)]
enum Of {
    Os(DirEntry),
    #[cfg(feature = "sim")]
    Sim(Option<u64>),
}

impl Disk {
    /// Opens what is there for reading. Never waits for a writer of a pipe.
    pub fn open(&self, path: &Path) -> Result<File, Errno> {
        match self {
            Self::Os => {
                let mut options = OpenOptions::new();
                options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
                Ok(options.open(path)?)
            }
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.open(path),
        }
    }

    /// Makes a file that was not there before, for this user alone, and the directories on the way to it.
    pub fn create(&self, path: &Path) -> Result<NewFile, Errno> {
        match self {
            Self::Os => {
                let file = temp::open(path)?;
                // The system releases the lock when the process ends, however it ends. Some file systems have none.
                match syscall!(flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB)) {
                    Err(Errno::AGAIN) => Err(Errno::AGAIN),
                    _ => Ok(NewFile::Os(file)),
                }
            }
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.create(path).map(NewFile::Sim),
        }
    }

    /// Opens a file for [`NewFile::write_at`]: a part of it is to be replaced.
    pub fn open_to_change(&self, path: &Path) -> Result<NewFile, Errno> {
        match self {
            Self::Os => {
                let mut options = OpenOptions::new();
                options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
                Ok(NewFile::Os(options.open(path)?))
            }
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.open_to_change(path).map(NewFile::Sim),
        }
    }

    /// Gives a file another name, in place of what has that name; makes the directories on the way to it.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), Errno> {
        match self {
            Self::Os => match (fs::rename(from, to), to.parent()) {
                (Err(e), Some(parent)) if e.kind() == ErrorKind::NotFound => {
                    temp::make_directories(parent)?;
                    Ok(fs::rename(from, to)?)
                }
                (renamed, _) => Ok(renamed?),
            },
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.rename(from, to),
        }
    }

    pub fn remove(&self, path: &Path) -> Result<(), Errno> {
        match self {
            Self::Os => Ok(fs::remove_file(path)?),
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.remove(path),
        }
    }

    /// Whether no process writes to a file that [`Self::create`] made. False also where that cannot be said.
    pub fn is_abandoned(&self, path: &Path) -> bool {
        match self {
            Self::Os => {
                let Ok(file) = self.open(path) else { return false };
                syscall!(flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB)).is_ok()
            }
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.is_abandoned(path),
        }
    }

    pub fn list(&self, directory: &Path) -> Result<Listing, Errno> {
        match self {
            Self::Os => Ok(Listing::Os(fs::read_dir(directory)?)),
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.list(directory).map(|it| Listing::Sim(it.into_iter())),
        }
    }

    /// Bytes that users without privileges may still use on the file system of that path: statvfs(3).
    pub fn available(&self, path: &Path) -> Result<u64, Errno> {
        match self {
            Self::Os => available(path),
            #[cfg(feature = "sim")]
            Self::Sim(disk) => disk.available(),
        }
    }
}

impl NewFile {
    /// Writes all of the bytes, in as many calls as it takes.
    pub fn write_at(&self, bytes: &[u8], at: u64) -> Result<(), Errno> {
        let mut done = 0;
        while done < bytes.len() {
            match self.write_some(&bytes[done..], at + done as u64) {
                Ok(0) => return Err(Errno::NOSPC),
                Ok(n) => done += n,
                Err(Errno::INTR) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn write_some(&self, bytes: &[u8], at: u64) -> Result<usize, Errno> {
        match self {
            Self::Os(file) => Ok(file.write_at(bytes, at)?),
            #[cfg(feature = "sim")]
            Self::Sim(file) => file.write_at(bytes, at),
        }
    }

    /// For reading what was written.
    pub fn file(&self) -> &File {
        match self {
            Self::Os(file) => file,
            #[cfg(feature = "sim")]
            Self::Sim(file) => file.file(),
        }
    }

    /// The file for reading, which no process writes to any more.
    pub fn into_file(self) -> Result<File, Errno> {
        match self {
            Self::Os(file) => Ok(file),
            #[cfg(feature = "sim")]
            Self::Sim(file) => file.into_file(),
        }
    }
}

impl Iterator for Listing {
    type Item = Result<Entry, Errno>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Os(entries) => Some(match entries.next()? {
                Ok(entry) => {
                    let is_dir = entry.file_type().is_ok_and(|it| it.is_dir());
                    Ok(Entry { name: entry.file_name(), is_dir, of: Of::Os(entry) })
                }
                Err(e) => Err(e.into()),
            }),
            #[cfg(feature = "sim")]
            Self::Sim(entries) => {
                let SimEntry { name, len } = entries.next()?;
                Some(Ok(Entry { name, is_dir: len.is_none(), of: Of::Sim(len) }))
            }
        }
    }
}

impl Entry {
    /// The length in bytes of a regular file; `None` for what is none.
    pub fn len(&self) -> Result<Option<u64>, Errno> {
        match &self.of {
            Of::Os(entry) => {
                let found = entry.metadata()?;
                Ok(found.is_file().then_some(found.len()))
            }
            #[cfg(feature = "sim")]
            Of::Sim(len) => Ok(*len),
        }
    }
}

fn available(path: &Path) -> Result<u64, Errno> {
    let path = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| Errno::INVAL)?;
    // SAFETY: `statvfs` is integers, for which zero is valid; the path ends with a NUL and outlives the call.
    let mut found: libc::statvfs = unsafe { std::mem::zeroed() };
    syscall!(statvfs(path.as_ptr(), &mut found))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> std::path::PathBuf {
        let dir = std::env::temp_dir().join(format!("peerage-disk-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn files_are_made_written_and_renamed() {
        let (disk, dir) = (Disk::Os, directory("made"));
        let (one, two) = (dir.join("a/b/one"), dir.join("c/two"));
        let new = disk.create(&one).unwrap();
        new.write_at(b"world", 6).unwrap();
        new.write_at(b"hello ", 0).unwrap();
        assert_eq!(disk.create(&one).unwrap_err(), Errno::EXIST);
        disk.rename(&one, &two).unwrap();
        assert_eq!(disk.open(&one).unwrap_err(), Errno::NOENT);
        let mut text = [0; 12];
        assert_eq!(disk.open(&two).unwrap().read_at(&mut text, 0).unwrap(), 11);
        assert_eq!(&text, b"hello world\0");
        let mut names: Vec<_> = disk.list(&dir).unwrap().flatten().collect();
        names.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(names.iter().map(|it| it.is_dir).collect::<Vec<_>>(), [true, true]);
        let inner = disk.list(&dir.join("c")).unwrap().next().unwrap().unwrap();
        assert_eq!((inner.is_dir, inner.len()), (false, Ok(Some(11))));
        disk.remove(&two).unwrap();
        assert_eq!(disk.remove(&two), Err(Errno::NOENT));
        assert!(disk.available(&dir).unwrap() > 0);
        assert_eq!(disk.available(&one), Err(Errno::NOENT));
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_file_is_abandoned_when_its_writer_is_gone() {
        let (disk, path) = (Disk::Os, directory("abandoned").join("x"));
        let new = disk.create(&path).unwrap();
        assert!(!disk.is_abandoned(&path));
        drop(new);
        assert!(disk.is_abandoned(&path));
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert!(!disk.is_abandoned(&path));
    }
}

//! Directories that are held open, and what is done to the names in them.
//!
//! A name is one part of a path. Whatever happens to the path meanwhile, the call means the directory that was opened,
//! and no call but [`Directory::open`] and [`Directory::target`] follows a link.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::{File, Metadata};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Errno, syscall};

#[derive(Debug)]
pub struct Directory(File);

/// What tells files apart: the device and the number on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity(u64, u64);

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }
}

impl From<File> for Directory {
    /// `file` is that of a directory.
    fn from(file: File) -> Self {
        Self(file)
    }
}

impl Directory {
    /// By a path, links followed.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        open_at(libc::AT_FDCWD, path.as_os_str(), libc::O_PATH | libc::O_DIRECTORY, 0).map(Self)
    }

    /// The directory of that name.
    pub fn directory(&self, name: &OsStr) -> Result<Self, Errno> {
        self.open_at(name, libc::O_DIRECTORY | libc::O_NOFOLLOW, 0).map(Self)
    }

    /// The file of that name, to be read. The open of a pipe does not wait.
    pub fn file(&self, name: &OsStr) -> Result<File, Errno> {
        self.open_at(name, libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOFOLLOW, 0)
    }

    /// Makes a file that was not there before.
    pub fn create_file(&self, name: &OsStr) -> Result<File, Errno> {
        self.open_at(name, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o600)
    }

    /// Makes a directory; of `mode` the process's mask takes away what it does.
    pub fn create_directory(&self, name: &OsStr, mode: u32) -> Result<(), Errno> {
        let name = terminated(name)?;
        syscall!(mkdirat(self.0.as_raw_fd(), name.as_ptr(), mode)).map(drop)
    }

    pub fn create_link(&self, name: &OsStr, target: &OsStr) -> Result<(), Errno> {
        let (name, target) = (terminated(name)?, terminated(target)?);
        syscall!(symlinkat(target.as_ptr(), self.0.as_raw_fd(), name.as_ptr())).map(drop)
    }

    /// Where the link of that name leads.
    pub fn link(&self, name: &OsStr) -> Result<OsString, Errno> {
        let (name, mut path) = (terminated(name)?, vec![0_u8; libc::PATH_MAX as usize]);
        let (to, size) = (path.as_mut_ptr().cast(), path.len());
        let len = syscall!(readlinkat(self.0.as_raw_fd(), name.as_ptr(), to, size))?;
        path.truncate(usize::try_from(len).unwrap_or(0));
        Ok(OsString::from_vec(path))
    }

    /// What has that name itself: of a link, the link.
    pub fn metadata(&self, name: &OsStr) -> Result<Metadata, Errno> {
        Ok(self.open_at(name, libc::O_PATH | libc::O_NOFOLLOW, 0)?.metadata()?)
    }

    /// What that name leads to.
    pub fn target(&self, name: &OsStr) -> Result<Metadata, Errno> {
        Ok(self.open_at(name, libc::O_PATH, 0)?.metadata()?)
    }

    /// Takes the place of what has the other name.
    pub fn rename(&self, name: &OsStr, to: &Self, other: &OsStr) -> Result<(), Errno> {
        let (name, other) = (terminated(name)?, terminated(other)?);
        let (from, to) = (self.0.as_raw_fd(), to.0.as_raw_fd());
        syscall!(renameat(from, name.as_ptr(), to, other.as_ptr())).map(drop)
    }

    /// Removes a file, or a link.
    pub fn remove_file(&self, name: &OsStr) -> Result<(), Errno> {
        let name = terminated(name)?;
        syscall!(unlinkat(self.0.as_raw_fd(), name.as_ptr(), 0)).map(drop)
    }

    /// Removes an empty directory.
    pub fn remove_directory(&self, name: &OsStr) -> Result<(), Errno> {
        let name = terminated(name)?;
        syscall!(unlinkat(self.0.as_raw_fd(), name.as_ptr(), libc::AT_REMOVEDIR)).map(drop)
    }

    pub fn as_file(&self) -> &File {
        &self.0
    }

    pub fn identity(&self) -> Result<Identity, Errno> {
        Ok(Identity::of(&self.0.metadata()?))
    }

    /// Whether the directory is `other` or below it.
    pub fn is_within(&self, other: Identity) -> Result<bool, Errno> {
        let (mut at, mut above) = (self.identity()?, self.parent()?);
        loop {
            let next = above.identity()?;
            if at == other || next == at {
                return Ok(at == other);
            }
            (at, above) = (next, above.parent()?);
        }
    }

    fn parent(&self) -> Result<Self, Errno> {
        self.open_at(OsStr::new(".."), libc::O_PATH | libc::O_DIRECTORY, 0).map(Self)
    }

    /// The names in it, from the first on.
    pub fn entries(&self) -> Result<Entries, Errno> {
        let fd = self.open_at(OsStr::new("."), libc::O_DIRECTORY, 0)?.into_raw_fd();
        // SAFETY: the descriptor is open and has no other owner; if the call fails, it still has none.
        let stream = unsafe { libc::fdopendir(fd) };
        if stream.is_null() {
            let e = Errno::last();
            // SAFETY: as above.
            drop(unsafe { File::from_raw_fd(fd) });
            return Err(e);
        }
        Ok(Entries(stream))
    }

    fn open_at(&self, name: &OsStr, flags: i32, mode: u32) -> Result<File, Errno> {
        open_at(self.0.as_raw_fd(), name, flags, mode)
    }
}

/// The names in a directory, but for `.` and `..`.
#[derive(Debug)]
pub struct Entries(*mut libc::DIR);

impl Entries {
    pub fn next_name(&mut self) -> Option<Result<OsString, Errno>> {
        loop {
            // SAFETY: the stream is open, and this is its only owner. The entry lives until the next call.
            let (entry, failed) = unsafe {
                *libc::__errno_location() = 0;
                let entry = libc::readdir(self.0);
                (entry, *libc::__errno_location())
            };
            if entry.is_null() {
                return (failed != 0).then_some(Err(Errno(failed)));
            }
            // SAFETY: as above; the system ends each name with a zero.
            let name = unsafe { CStr::from_ptr((*entry).d_name.as_ptr()) }.to_bytes();
            if !matches!(name, b"." | b"..") {
                return Some(Ok(OsString::from_vec(name.to_vec())));
            }
        }
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and nothing uses it any more.
        unsafe { libc::closedir(self.0) };
    }
}

/// As `openat()`; a descriptor that is not inherited.
pub(super) fn open_at(from: i32, name: &OsStr, flags: i32, mode: u32) -> Result<File, Errno> {
    let name = terminated(name)?;
    let fd = syscall!(openat(from, name.as_ptr(), flags | libc::O_CLOEXEC, mode))?;
    // SAFETY: the call has just made it, so it has no other owner.
    Ok(unsafe { File::from_raw_fd(fd) })
}

fn terminated(name: &OsStr) -> Result<CString, Errno> {
    CString::new(name.as_bytes()).map_err(|_| Errno::NOENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    fn name(name: &str) -> &OsStr {
        OsStr::new(name)
    }

    #[test]
    fn names_of_a_directory() {
        let path = std::env::temp_dir().join(format!("peerage-directory-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        let top = Directory::open(&path).unwrap();
        top.create_directory(name("a"), 0o700).unwrap();
        let a = top.directory(name("a")).unwrap();
        a.create_file(name("f")).unwrap().write_all(b"12").unwrap();
        assert!(a.create_file(name("f")).is_err());
        a.create_link(name("l"), name("../a")).unwrap();
        assert_eq!(a.link(name("l")).unwrap(), "../a");
        // A link is not gone through.
        assert_eq!(a.directory(name("l")).unwrap_err(), Errno::NOTDIR);
        assert_eq!(a.file(name("l")).unwrap_err(), Errno::LOOP);
        assert!(a.metadata(name("l")).unwrap().is_symlink());
        assert!(a.target(name("l")).unwrap().is_dir());
        let mut entries = a.entries().unwrap();
        let mut names: Vec<_> =
            std::iter::from_fn(|| entries.next_name().map(Result::unwrap)).collect();
        names.sort();
        assert_eq!(names, ["f", "l"]);
        // The directory is meant, not its name.
        top.rename(name("a"), &top, name("b")).unwrap();
        a.rename(name("f"), &top, name("g")).unwrap();
        assert_eq!(top.metadata(name("g")).unwrap().len(), 2);
        assert!(a.is_within(top.identity().unwrap()).unwrap());
        assert!(a.is_within(a.identity().unwrap()).unwrap());
        assert!(!top.is_within(a.identity().unwrap()).unwrap());
        assert!(top.remove_directory(name("b")).is_err());
        a.remove_file(name("l")).unwrap();
        top.remove_directory(name("b")).unwrap();
        assert_eq!(top.metadata(name("b")).unwrap_err(), Errno::NOENT);
        assert_eq!(top.metadata(OsStr::from_bytes(b"a\0b")).unwrap_err(), Errno::NOENT);
        fs::remove_dir_all(&path).unwrap();
    }
}

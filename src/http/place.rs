//! Places of files: a name in a directory that is held open, and how a whole file comes to have it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{File, Metadata};
use std::io::Write;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::os::Errno;
use crate::os::clock;
use crate::os::directory::Directory;

/// Bytes that one step of a copy moves.
pub const STEP: usize = 128 << 10;

/// A call that failed, as the log has it.
#[derive(Debug)]
pub struct Failed {
    pub call: &'static str,
    pub path: PathBuf,
    /// Of a rename: the other path.
    pub to: Option<PathBuf>,
    pub error: Errno,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.call, self.path.display())?;
        if let Some(to) = &self.to {
            write!(f, " to \"{}\"", to.display())?;
        }
        write!(f, " failed ({})", self.error)
    }
}

impl Failed {
    pub fn new(call: &'static str, path: &Path, error: Errno) -> Self {
        Self { call, path: path.to_owned(), to: None, error }
    }
}

/// A name in a directory; there may be no such file.
#[derive(Clone, Debug)]
pub struct Place {
    pub directory: Rc<Directory>,
    pub name: OsString,
    /// For messages.
    pub path: PathBuf,
}

/// What a file is to have besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes {
    /// None: it stays as it is.
    pub mode: Option<u32>,
    /// Seconds since 1970.
    pub modified: Option<i64>,
}

impl Attributes {
    /// Those of another file, whose rights to run as its owner a copy does not have.
    pub fn of(metadata: &Metadata) -> Self {
        Self { mode: Some(metadata.mode() & 0o777), modified: Some(metadata.mtime()) }
    }

    pub fn apply(self, file: &File, path: &Path) -> Result<(), Failed> {
        if let Some(mode) = self.mode {
            let set = file.set_permissions(PermissionsExt::from_mode(mode));
            set.map_err(|e| Failed::new("chmod()", path, e.into()))?;
        }
        if let Some(modified) = self.modified {
            let set = clock::set_modified(file, modified);
            set.map_err(|e| Failed::new("utimes()", path, e.into()))?;
        }
        Ok(())
    }
}

/// The mode of the directories that are made for a file with this one: what may be read may be reached.
pub fn mode_of_directories(file: u32) -> u32 {
    file | (file & 0o444) >> 2
}

/// The directory with this path, as `open` opens it. `mode`: if it is missing, it is made, and those above it.
pub fn directory(
    path: &Path,
    mode: Option<u32>,
    open: &mut impl FnMut(&Path) -> Result<Directory, Errno>,
) -> Result<Directory, Failed> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let (mode, parent, name) = match (open(path), mode, path.parent(), path.file_name()) {
        (Err(Errno::NOENT), Some(mode), Some(parent), Some(name)) => (mode, parent, name),
        (opened, ..) => return opened.map_err(|e| Failed::new("open()", path, e)),
    };
    let above = directory(parent, Some(mode), open)?;
    match above.create_directory(name, mode) {
        // Another request may have been faster.
        Ok(()) | Err(Errno::EXIST) => open(path).map_err(|e| Failed::new("open()", path, e)),
        Err(e) => Err(Failed::new("mkdir()", path, e)),
    }
}

impl Place {
    /// Of a file by its path, links followed. `mode`: missing directories are made.
    pub fn of(path: &Path, mode: Option<u32>) -> Result<Self, Failed> {
        let above = path.parent().unwrap_or_else(|| Path::new("/"));
        let directory = directory(above, mode, &mut |path: &Path| Directory::open(path))?;
        Ok(Self::new(directory, path))
    }

    /// `directory` is the one that `path` names.
    pub fn new(directory: Directory, path: &Path) -> Self {
        let name = path.file_name().unwrap_or_else(|| OsStr::new(".")).to_owned();
        Self { directory: Rc::new(directory), name, path: path.to_owned() }
    }

    /// What is there, a link for itself.
    pub fn metadata(&self) -> Result<Metadata, Failed> {
        self.directory.metadata(&self.name).map_err(|e| Failed::new("lstat()", &self.path, e))
    }

    pub fn rename(&self, to: &Self) -> Result<(), Failed> {
        let renamed = self.directory.rename(&self.name, &to.directory, &to.name);
        renamed.map_err(|error| Failed {
            call: "rename()",
            path: self.path.clone(),
            to: Some(to.path.clone()),
            error,
        })
    }

    /// A hidden place in the same directory, for what is to take this one when it is whole.
    pub fn beside(&self, random: u64) -> Self {
        let name = OsString::from(format!(".peerage-{:010}", random % 10_000_000_000));
        let path = self.path.with_file_name(&name);
        Self { directory: self.directory.clone(), name, path }
    }
}

/// A file gets the name `to` at once, or by a copy if that is on another file system: then some is left to be done.
pub fn rename_or_copy(
    from: &Place,
    file: &File,
    to: &Place,
    attributes: Attributes,
    random: u64,
) -> Result<Option<Copying>, Failed> {
    attributes.apply(file, &from.path)?;
    match from.rename(to) {
        Ok(()) => Ok(None),
        Err(Failed { error: Errno::XDEV, .. }) => {
            let file = file.try_clone().map_err(|e| Failed::new("dup()", &from.path, e.into()))?;
            Copying::new(file, to.beside(random), Some(to.clone()), attributes).map(Some)
        }
        Err(failed) => Err(failed),
    }
}

/// A file that is being copied. The copy goes if it does not become whole.
#[derive(Debug)]
pub struct Copying {
    from: File,
    copied: u64,
    to: File,
    at: Place,
    /// The name that the copy gets when it is whole.
    name: Option<Place>,
    attributes: Attributes,
    is_whole: bool,
}

impl Copying {
    /// To `at`, where no file may be.
    pub fn new(
        from: File,
        at: Place,
        name: Option<Place>,
        attributes: Attributes,
    ) -> Result<Self, Failed> {
        let to = at.directory.create_file(&at.name);
        let to = to.map_err(|e| Failed::new("open()", &at.path, e))?;
        Ok(Self { from, copied: 0, to, at, name, attributes, is_whole: false })
    }

    /// Copies at most `buffer`. True: the copy is whole and has its name.
    pub fn step(&mut self, buffer: &mut [u8]) -> Result<bool, Failed> {
        let fail = |call, e: std::io::Error| Failed::new(call, &self.at.path, e.into());
        let len = self.from.read_at(buffer, self.copied).map_err(|e| fail("read()", e))?;
        if len > 0 {
            self.to.write_all(&buffer[..len]).map_err(|e| fail("write()", e))?;
            self.copied += len as u64;
            return Ok(false);
        }
        self.attributes.apply(&self.to, &self.at.path)?;
        if let Some(name) = &self.name {
            self.at.rename(name)?;
        }
        self.is_whole = true;
        Ok(true)
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        if !self.is_whole {
            let _ = self.at.directory.remove_file(&self.at.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_copy_has_its_name_when_it_is_whole() {
        let path = std::env::temp_dir().join(format!("peerage-place-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("from"), b"0123456789").unwrap();
        let from = File::open(path.join("from")).unwrap();
        let to = Place::of(&path.join("a/b/to"), Some(0o700)).unwrap();
        let attributes = Attributes { mode: Some(0o640), modified: Some(1000) };
        let copying = |from: &File| {
            let (from, name) = (from.try_clone().unwrap(), Some(to.clone()));
            Copying::new(from, to.beside(7), name, attributes).unwrap()
        };
        let files = || fs::read_dir(path.join("a/b")).unwrap().count();
        let mut buffer = [0; 4];
        let mut it = copying(&from);
        assert!(!it.step(&mut buffer).unwrap());
        assert!(to.metadata().is_err());
        assert_eq!(files(), 1);
        drop(it);
        assert_eq!(files(), 0);
        let mut it = copying(&from);
        while !it.step(&mut buffer).unwrap() {}
        drop(it);
        assert_eq!(fs::read(path.join("a/b/to")).unwrap(), b"0123456789");
        let found = to.metadata().unwrap();
        assert_eq!((found.mode() & 0o777, found.mtime(), files()), (0o640, 1000, 1));
        let place = Place::of(&path.join("from"), None).unwrap();
        let renamed = rename_or_copy(&place, &from, &to, Attributes::default(), 7).unwrap();
        assert!(renamed.is_none() && place.metadata().is_err() && files() == 1);
        let e = Place::of(&path.join("x/y"), None).unwrap_err();
        assert!(e.to_string().ends_with("x\" failed (2: No such file or directory)"), "{e}");
        fs::remove_dir_all(&path).unwrap();
    }
}

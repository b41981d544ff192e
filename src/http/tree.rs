//! Trees of files that are removed or copied, an entry or some bytes at a time.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::path::PathBuf;
use std::rc::Rc;

use super::place::{Attributes, Copying, Failed, Place, STEP};
use crate::os::Errno;
use crate::os::directory::{Directory, Entries};

/// Directories within one another: each holds descriptors open.
const MAX_DEPTH: usize = 128;

/// What one step did.
#[derive(Debug)]
pub enum Step {
    /// There is more to do; what the step has cost, in units of a file that is removed.
    More(usize),
    /// An entry cannot be removed. The others can.
    Left(Failed),
    Done,
}

/// A step that moves bytes.
pub const DEAR: usize = 16;
/// A step that opens a file or a directory.
const OPENING: usize = 4;

/// A directory on the way down.
#[derive(Debug)]
struct Level {
    name: OsString,
    directory: Rc<Directory>,
    entries: Entries,
}

impl Level {
    fn open(above: &Directory, name: &OsStr, depth: usize) -> Result<Self, Errno> {
        if depth >= MAX_DEPTH {
            return Err(Errno::MFILE);
        }
        let directory = Rc::new(above.directory(name)?);
        let entries = directory.entries()?;
        Ok(Self { name: name.to_owned(), directory, entries })
    }
}

/// A file, or a directory with all that is in it, which is removed.
#[derive(Debug)]
pub struct Removal {
    top: Place,
    /// From the top down.
    levels: Vec<Level>,
}

impl Removal {
    pub fn new(top: Place) -> Self {
        Self { top, levels: Vec::new() }
    }

    /// Removes one entry, or goes one level down or up. The error is that of the top.
    pub fn step(&mut self) -> Result<Step, Failed> {
        let Some(level) = self.levels.last_mut() else { return self.begin() };
        let name = match level.entries.next_name() {
            None => return self.up(),
            Some(Ok(name)) => name,
            Some(Err(e)) => {
                let failed = self.failed("readdir()", OsStr::new(""), e);
                self.levels.pop();
                return if self.levels.is_empty() { Err(failed) } else { Ok(Step::Left(failed)) };
            }
        };
        match level.directory.remove_file(&name) {
            Ok(()) => Ok(Step::More(1)),
            // POSIX has one number for a directory, and Linux the other.
            Err(Errno::ISDIR | Errno::PERM) if is_directory(&level.directory, &name) => {
                self.down(&name)
            }
            Err(e) => Ok(Step::Left(self.failed("unlink()", &name, e))),
        }
    }

    fn begin(&mut self) -> Result<Step, Failed> {
        let Place { directory, name, path } = &self.top;
        if self.top.metadata()?.is_dir() {
            let level = Level::open(directory, name, 0);
            self.levels.push(level.map_err(|e| Failed::new("opendir()", path, e))?);
            return Ok(Step::More(OPENING));
        }
        let removed = directory.remove_file(name);
        removed.map(|()| Step::Done).map_err(|e| Failed::new("unlink()", path, e))
    }

    fn down(&mut self, name: &OsStr) -> Result<Step, Failed> {
        let above = self.levels.last().map_or(&self.top.directory, |level| &level.directory);
        match Level::open(above, name, self.levels.len()) {
            Ok(level) => {
                self.levels.push(level);
                Ok(Step::More(OPENING))
            }
            Err(e) => Ok(Step::Left(self.failed("opendir()", name, e))),
        }
    }

    /// The last level is empty, or should be.
    fn up(&mut self) -> Result<Step, Failed> {
        let Some(Level { name, .. }) = self.levels.pop() else { return Ok(Step::Done) };
        let above = self.levels.last().map_or(&self.top.directory, |level| &level.directory);
        match (above.remove_directory(&name), self.levels.is_empty()) {
            (Ok(()), true) => Ok(Step::Done),
            (Ok(()), false) => Ok(Step::More(1)),
            (Err(e), true) => Err(Failed::new("rmdir()", &self.top.path, e)),
            (Err(e), false) => Ok(Step::Left(self.failed("rmdir()", &name, e))),
        }
    }

    /// A failure at a name in the last level.
    fn failed(&self, call: &'static str, name: &OsStr, error: Errno) -> Failed {
        Failed::new(call, &below(&self.top, self.levels.iter(), name), error)
    }
}

fn is_directory(within: &Directory, name: &OsStr) -> bool {
    within.metadata(name).is_ok_and(|found| found.is_dir())
}

/// The path of a name in the last of the levels below `top`.
fn below<'a>(top: &Place, levels: impl Iterator<Item = &'a Level>, name: &OsStr) -> PathBuf {
    let mut path = top.path.clone();
    path.extend(levels.skip(1).map(|level| &level.name));
    if !name.is_empty() {
        path.push(name);
    }
    path
}

/// A directory that is copied with all that is in it.
#[derive(Debug)]
pub struct TreeCopy {
    from: Place,
    to: Place,
    /// From the top down, each with its copy.
    levels: Vec<(Level, Copy)>,
    file: Option<Copying>,
    rules: Rules,
}

#[derive(Debug)]
struct Copy {
    directory: Rc<Directory>,
    attributes: Attributes,
}

#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What is in the directory is copied, too.
    pub members: bool,
    /// The original goes afterwards: links are copied as links, and what is no file stops the copy. Else neither is
    /// copied: a relative link would lead elsewhere.
    pub is_move: bool,
}

impl TreeCopy {
    /// To `to`, where nothing may be.
    pub fn new(from: Place, to: Place, rules: Rules) -> Self {
        Self { from, to, levels: Vec::new(), file: None, rules }
    }

    /// Copies a part of a file, or begins with the next entry, or ends a directory.
    pub fn step(&mut self, buffer: &mut [u8]) -> Result<Step, Failed> {
        if let Some(file) = &mut self.file {
            let part = buffer.len().min(STEP);
            if file.step(&mut buffer[..part])? {
                self.file = None;
            }
            return Ok(Step::More(DEAR));
        }
        let Some((level, _)) = self.levels.last_mut() else {
            let (from, to) = (self.from.clone(), self.to.clone());
            return self.down(&from, &to);
        };
        let next = if self.rules.members { level.entries.next_name() } else { None };
        match next {
            None => self.up(),
            Some(Ok(name)) => self.entry(&name),
            Some(Err(e)) => Err(self.failed("readdir()", OsStr::new(""), e)),
        }
    }

    fn entry(&mut self, name: &OsStr) -> Result<Step, Failed> {
        let Some((level, copy)) = self.levels.last() else { return Ok(Step::Done) };
        let path = self.path(name);
        let from = Place { directory: level.directory.clone(), name: name.to_owned(), path };
        let path = self.to.path.join(name);
        let to = Place { directory: copy.directory.clone(), name: name.to_owned(), path };
        let found = from.metadata()?;
        if found.is_dir() {
            return self.down(&from, &to);
        }
        if found.is_file() {
            let file = from.directory.file(name);
            let file = file.map_err(|e| Failed::new("open()", &from.path, e))?;
            self.file = Some(Copying::new(file, to, None, Attributes::of(&found))?);
        } else if self.rules.is_move {
            copy_link(&from, &to, &found)?;
        }
        Ok(Step::More(OPENING))
    }

    fn down(&mut self, from: &Place, to: &Place) -> Result<Step, Failed> {
        let level = Level::open(&from.directory, &from.name, self.levels.len());
        let level = level.map_err(|e| Failed::new("opendir()", &from.path, e))?;
        let metadata = level.directory.metadata(OsStr::new("."));
        let metadata = metadata.map_err(|e| Failed::new("fstat()", &from.path, e))?;
        let made = to.directory.create_directory(&to.name, 0o700);
        made.map_err(|e| Failed::new("mkdir()", &to.path, e))?;
        let directory = to.directory.directory(&to.name);
        let directory = Rc::new(directory.map_err(|e| Failed::new("open()", &to.path, e))?);
        self.levels.push((level, Copy { directory, attributes: Attributes::of(&metadata) }));
        Ok(Step::More(OPENING))
    }

    fn up(&mut self) -> Result<Step, Failed> {
        let Some((_, copy)) = self.levels.pop() else { return Ok(Step::Done) };
        copy.attributes.apply(copy.directory.as_file(), &self.to.path)?;
        Ok(if self.levels.is_empty() { Step::Done } else { Step::More(1) })
    }

    fn failed(&self, call: &'static str, name: &OsStr, error: Errno) -> Failed {
        Failed::new(call, &self.path(name), error)
    }

    /// Of a name in the last level.
    fn path(&self, name: &OsStr) -> PathBuf {
        below(&self.from, self.levels.iter().map(|(level, _)| level), name)
    }
}

fn copy_link(from: &Place, to: &Place, found: &Metadata) -> Result<(), Failed> {
    if !found.is_symlink() {
        return Err(Failed::new("open()", &from.path, Errno::INVAL));
    }
    let target = from.directory.link(&from.name);
    let target = target.map_err(|e| Failed::new("readlink()", &from.path, e))?;
    let made = to.directory.create_link(&to.name, &target);
    made.map_err(|e| Failed::new("symlink()", &to.path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::path::Path;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("peerage-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("a/b/c")).unwrap();
        fs::write(path.join("a/f"), vec![b'x'; 3 * STEP + 1]).unwrap();
        fs::write(path.join("a/b/g"), b"g").unwrap();
        fs::set_permissions(path.join("a/b/g"), PermissionsExt::from_mode(0o604)).unwrap();
        fs::set_permissions(path.join("a/b"), PermissionsExt::from_mode(0o750)).unwrap();
        symlink("../outside", path.join("a/l")).unwrap();
        path
    }

    fn copy(path: &Path, rules: Rules) -> Result<(), Failed> {
        let [from, to] = ["a", "copy"].map(|name| Place::of(&path.join(name), None).unwrap());
        let mut copy = TreeCopy::new(from, to, rules);
        let mut buffer = vec![0; STEP + 9];
        while !matches!(copy.step(&mut buffer)?, Step::Done) {}
        Ok(())
    }

    fn remove(path: &Path) -> Vec<Failed> {
        let mut it = Removal::new(Place::of(path, None).unwrap());
        let mut left = vec![];
        loop {
            match it.step() {
                Ok(Step::More(_)) => {}
                Ok(Step::Left(failed)) => left.push(failed),
                Ok(Step::Done) => return left,
                Err(failed) => {
                    left.push(failed);
                    return left;
                }
            }
        }
    }

    #[test]
    fn copies() {
        let path = folder("copies");
        copy(&path, Rules { members: true, is_move: false }).unwrap();
        assert_eq!(fs::read(path.join("copy/f")).unwrap().len(), 3 * STEP + 1);
        let mode = |name: &str| fs::metadata(path.join(name)).unwrap().mode() & 0o777;
        assert_eq!((mode("copy/b"), mode("copy/b/g")), (0o750, 0o604));
        let modified = |name: &str| fs::metadata(path.join(name)).unwrap().mtime();
        assert_eq!(modified("copy/b"), modified("a/b"));
        assert!(path.join("copy/b/c").is_dir() && !path.join("copy/l").is_symlink());
        assert!(remove(&path.join("copy")).is_empty());
        copy(&path, Rules { members: true, is_move: true }).unwrap();
        assert_eq!(fs::read_link(path.join("copy/l")).unwrap(), Path::new("../outside"));
        assert!(remove(&path.join("copy")).is_empty());
        copy(&path, Rules { members: false, is_move: false }).unwrap();
        assert_eq!(fs::read_dir(path.join("copy")).unwrap().count(), 0);
        // Nothing may be in its place.
        assert!(copy(&path, Rules { members: true, is_move: false }).is_err());
        assert!(remove(&path).is_empty() && !path.exists());
    }

    #[test]
    fn a_link_is_removed_and_not_followed() {
        let path = folder("links");
        symlink("../a", path.join("a/b/c/up")).unwrap();
        symlink("a", path.join("way")).unwrap();
        assert!(remove(&path.join("way")).is_empty());
        assert!(path.join("a/f").exists() && !path.join("way").is_symlink());
        assert!(remove(&path.join("a/b/g")).is_empty());
        assert_eq!(remove(&path.join("a/b/g"))[0].call, "lstat()");
        assert!(remove(&path).is_empty() && !path.exists());
    }

    #[test]
    fn depth_is_bounded() {
        let path = folder("depth");
        let deep = (0..MAX_DEPTH).fold(path.join("a"), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        let failed = copy(&path, Rules { members: true, is_move: false }).unwrap_err();
        assert_eq!((failed.call, failed.error), ("opendir()", Errno::MFILE));
        let left = remove(&path.join("a"));
        assert_eq!((left[0].call, left[0].error), ("opendir()", Errno::MFILE));
        assert_eq!(left.last().unwrap().call, "rmdir()");
        fs::remove_dir_all(&path).unwrap();
    }
}

//! A file system in memory, shared by all processes of a simulation.
//!
//! Names are kept here; the bytes of a file are in memory of the system (`memfd_create`), so that an open file is one as
//! any other, and is sent as such. A directory is there as soon as a name in it is.
//!
//! - A write may be short, and every call may fail as [`DiskFaults`] says.
//! - Other processes go on, or this one dies, before each call and between the parts of a write ([`super::lanes`]). What a
//!   dying process does on its way out does not happen.
//! - What was not synced is lost or kept by a crash of the machine ([`SimDisk::crash`]): each change of a name by itself, so
//!   that renames are reordered; of each file a part from its beginning.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::FromRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lanes;
use crate::base::rng::Rng;
use crate::os::{Errno, syscall};

/// How often the disk fails: each field is n for one call in n; 0: never.
#[derive(Clone, Copy, Default, Debug)]
pub struct DiskFaults {
    /// A write takes only a part.
    pub short: u64,
    /// A write finds no room.
    pub full: u64,
    /// A call fails with EIO.
    pub fail: u64,
    /// Before a call the disk has written all that it holds back.
    pub sync: u64,
}

/// The disk as one process sees it; clones share it.
#[derive(Clone)]
pub struct SimDisk {
    world: Arc<Mutex<World>>,
    process: u32,
}

/// A file that a process writes to.
#[derive(Debug)]
pub struct SimFile {
    disk: SimDisk,
    node: Arc<Node>,
    file: File,
}

/// A name in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimEntry {
    pub name: OsString,
    /// `None` for a directory.
    pub len: Option<u64>,
}

#[derive(Debug)]
struct Node {
    file: File,
    state: Mutex<NodeState>,
}

#[derive(Debug, Default)]
struct NodeState {
    /// What a crash leaves at the least, if it was written to since the last sync.
    synced: Option<Vec<u8>>,
    /// It is locked by this process.
    writer: Option<u32>,
}

struct World {
    rng: Rng,
    faults: DiskFaults,
    names: BTreeMap<PathBuf, Arc<Node>>,
    /// The names as they were at the last sync, and what was changed since: a name, and what it is of now.
    synced: BTreeMap<PathBuf, Arc<Node>>,
    changes: Vec<(PathBuf, Option<Arc<Node>>)>,
    /// Processes whose calls do nothing any more.
    dead: BTreeSet<u32>,
}

impl std::fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SimDisk({})", self.process)
    }
}

impl SimDisk {
    pub fn new(seed: u64, faults: DiskFaults) -> Self {
        let world = World {
            rng: Rng::new(seed),
            faults,
            names: BTreeMap::new(),
            synced: BTreeMap::new(),
            changes: Vec::new(),
            dead: BTreeSet::new(),
        };
        Self { world: Arc::new(Mutex::new(world)), process: 0 }
    }

    /// The same disk for another process.
    pub fn of_process(&self, process: u32) -> Self {
        Self { world: self.world.clone(), process }
    }

    pub fn set_faults(&self, change: impl FnOnce(&mut DiskFaults)) {
        change(&mut self.lock().faults);
    }

    /// The process dies: from here on its calls do nothing, and its locks are released.
    pub fn kill(&self, process: u32) {
        let mut world = self.lock();
        world.dead.insert(process);
        for node in world.names.values() {
            node.lock().writer.take_if(|writer| *writer == process);
        }
    }

    /// An operator removes all names below that directory.
    pub fn remove_all(&self, directory: &Path) {
        let world = &mut *self.lock();
        let below: Vec<_> =
            world.names.keys().filter(|path| path.starts_with(directory)).cloned().collect();
        below.into_iter().for_each(|path| world.set(path, None));
    }

    /// The paths of all files.
    pub fn files(&self) -> Vec<PathBuf> {
        self.lock().names.keys().cloned().collect()
    }

    /// The machine stops and starts again: no process of it is left.
    pub fn crash(&self) -> Result<(), Errno> {
        let world = &mut *self.lock();
        let mut names = std::mem::take(&mut world.synced);
        for (path, node) in std::mem::take(&mut world.changes) {
            if world.rng.one_in(2) {
                continue;
            }
            match node {
                Some(node) => names.insert(path, node),
                None => names.remove(&path),
            };
        }
        // Two names of one file, of which a rename had put one in place of the other, are files of their own from here on.
        for node in names.values_mut() {
            *node = node.crashed(&mut world.rng)?;
        }
        world.synced = names.clone();
        world.names = names;
        Ok(())
    }

    pub fn open(&self, path: &Path) -> Result<File, Errno> {
        let world = self.call()?;
        world.node(path)?.duplicate()
    }

    pub fn create(&self, path: &Path) -> Result<SimFile, Errno> {
        let mut world = self.call()?;
        if world.names.contains_key(path) {
            return Err(Errno::EXIST);
        }
        let state = NodeState { synced: Some(Vec::new()), writer: Some(self.process) };
        let node = Arc::new(Node { file: memory()?, state: Mutex::new(state) });
        world.set(path.to_owned(), Some(node.clone()));
        let file = node.duplicate()?;
        Ok(SimFile { disk: self.clone(), node, file })
    }

    pub fn open_to_change(&self, path: &Path) -> Result<SimFile, Errno> {
        let world = self.call()?;
        let node = world.node(path)?;
        let file = node.duplicate()?;
        Ok(SimFile { disk: self.clone(), node, file })
    }

    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), Errno> {
        let mut world = self.call()?;
        let node = world.node(from)?;
        world.set(to.to_owned(), Some(node));
        world.set(from.to_owned(), None);
        Ok(())
    }

    pub fn remove(&self, path: &Path) -> Result<(), Errno> {
        let mut world = self.call()?;
        world.node(path)?;
        world.set(path.to_owned(), None);
        Ok(())
    }

    pub fn is_abandoned(&self, path: &Path) -> bool {
        let Ok(world) = self.call() else { return false };
        world.node(path).is_ok_and(|node| node.lock().writer.is_none())
    }

    /// In the order of their names.
    pub fn list(&self, directory: &Path) -> Result<Vec<SimEntry>, Errno> {
        let world = self.call()?;
        let mut entries: Vec<SimEntry> = Vec::new();
        for (path, node) in &world.names {
            let Ok(rest) = path.strip_prefix(directory) else { continue };
            let mut parts = rest.iter();
            let Some(name) = parts.next() else { continue };
            let is_file = parts.next().is_none();
            let len = is_file.then(|| node.len()).transpose()?;
            let entry = SimEntry { name: name.to_owned(), len };
            if entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    pub fn available(&self) -> Result<u64, Errno> {
        self.call().map(|_| 1 << 40)
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The beginning of every call.
    fn call(&self) -> Result<MutexGuard<'_, World>, Errno> {
        if std::thread::panicking() {
            return Err(Errno::IO);
        }
        lanes::point();
        let mut world = self.lock();
        if world.dead.contains(&self.process) {
            return Err(Errno::IO);
        }
        let World { rng, faults, .. } = &mut *world;
        if rng.one_in(faults.sync) {
            world.sync()?;
        }
        let World { rng, faults, .. } = &mut *world;
        if rng.one_in(faults.fail) {
            return Err(Errno::IO);
        }
        Ok(world)
    }
}

impl World {
    fn node(&self, path: &Path) -> Result<Arc<Node>, Errno> {
        self.names.get(path).cloned().ok_or(Errno::NOENT)
    }

    fn set(&mut self, path: PathBuf, node: Option<Arc<Node>>) {
        match node.clone() {
            Some(node) => self.names.insert(path.clone(), node),
            None => self.names.remove(&path),
        };
        self.changes.push((path, node));
    }

    fn sync(&mut self) -> Result<(), Errno> {
        self.changes.clear();
        self.synced = self.names.clone();
        for node in self.synced.values() {
            node.lock().synced = None;
        }
        Ok(())
    }
}

impl Node {
    fn lock(&self) -> MutexGuard<'_, NodeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn duplicate(&self) -> Result<File, Errno> {
        Ok(self.file.try_clone()?)
    }

    fn len(&self) -> Result<u64, Errno> {
        Ok(self.file.metadata()?.len())
    }

    fn bytes(&self) -> Result<Vec<u8>, Errno> {
        let mut bytes = vec![0; self.len()? as usize];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// What a crash leaves of it.
    fn crashed(&self, rng: &mut Rng) -> Result<Arc<Self>, Errno> {
        let mut bytes = self.bytes()?;
        if let Some(synced) = &self.lock().synced {
            let keeps = rng.below(bytes.len() as u64 + 1) as usize;
            match rng.below(4) {
                0 => bytes.clone_from(synced),
                // What lay over older bytes was written, or was not.
                1 if synced.len() == bytes.len() => bytes.clone_from(synced),
                2 => {}
                _ if synced.is_empty() => bytes.truncate(keeps),
                _ => {}
            }
        }
        let file = memory()?;
        file.write_all_at(&bytes, 0)?;
        Ok(Arc::new(Self { file, state: Mutex::default() }))
    }
}

impl SimFile {
    /// Takes a part of the bytes at least, or fails.
    pub fn write_at(&self, bytes: &[u8], at: u64) -> Result<usize, Errno> {
        let mut world = self.disk.call()?;
        let World { rng, faults, .. } = &mut *world;
        if rng.one_in(faults.full) {
            return Err(Errno::NOSPC);
        }
        let is_short = bytes.len() > 1 && rng.one_in(faults.short);
        let n = if is_short { 1 + rng.below(bytes.len() as u64 - 1) as usize } else { bytes.len() };
        let mut state = self.node.lock();
        if state.synced.is_none() {
            state.synced = Some(self.node.bytes()?);
        }
        self.node.file.write_all_at(&bytes[..n], at)?;
        Ok(n)
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn into_file(self) -> Result<File, Errno> {
        self.node.duplicate()
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let process = self.disk.process;
        self.node.lock().writer.take_if(|writer| *writer == process);
    }
}

/// Memory of the system that is a file.
fn memory() -> Result<File, Errno> {
    let fd = syscall!(memfd_create(c"disk".as_ptr(), libc::MFD_CLOEXEC))?;
    // SAFETY: the call succeeded, so the number is an open descriptor without another owner.
    Ok(unsafe { File::from_raw_fd(fd) })
}

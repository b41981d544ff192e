//! Writing a file: under another name, then renamed. What is not finished goes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::format::Head;
use super::key::Key;
use super::place::{Place, on_disk};
use crate::os::disk::{Disk, NewFile};
use crate::os::{Errno, temp};

/// A file that is not stored yet. Dropped before it is, it is removed.
#[derive(Debug)]
pub struct Fill {
    disk: Disk,
    file: Option<NewFile>,
    path: PathBuf,
    /// Where its body begins.
    start: u64,
    body: u64,
}

/// Where the temporary files of a location are.
#[derive(Clone, Copy, Debug)]
pub struct TempPath<'a> {
    pub path: &'a Path,
    pub levels: &'a [u8],
}

/// Why a file could not be stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    pub call: &'static str,
    pub path: PathBuf,
    pub error: Errno,
}

impl Failed {
    fn of<'a>(call: &'static str, path: &'a Path) -> impl Fn(Errno) -> Self + 'a {
        move |error| Self { call, path: path.to_owned(), error }
    }
}

/// A file that has its name.
#[derive(Debug)]
pub struct Stored {
    pub file: File,
    /// Bytes that it takes on the disk.
    pub size: u64,
}

/// Bytes that are copied at once.
const CHUNK: usize = 64 << 10;

impl Fill {
    /// `start`: where the body will begin, which is the length of the head that [`Self::store`] is given. `seed` is any
    /// number.
    pub fn create(
        disk: &Disk,
        place: &Place,
        key: Key,
        temporary: TempPath<'_>,
        start: u64,
        seed: u64,
    ) -> Result<Self, Failed> {
        let path_of = |number: &str| match place.writes_beside() {
            true => place.beside(key, number),
            false => temp::path(temporary.path, temporary.levels, number),
        };
        let (file, path) = create(disk, seed, path_of)?;
        Ok(Self { disk: disk.clone(), file: Some(file), path, start, body: 0 })
    }

    /// Appends to the body.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        let failed = Failed::of("pwrite()", &self.path);
        let Some(file) = &self.file else { return Err(failed(Errno::INVAL)) };
        file.write_at(bytes, self.start + self.body).map_err(failed)?;
        self.body += bytes.len() as u64;
        Ok(())
    }

    /// Bytes of the body so far.
    pub fn body(&self) -> u64 {
        self.body
    }

    /// Where the body begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Writes the head, whose length of the body is set here, and gives the file its name.
    pub fn store(
        mut self,
        place: &Place,
        key: Key,
        mut head: Head<'_>,
        seed: u64,
    ) -> Result<Stored, Failed> {
        head.meta.body = self.body;
        let mut bytes = Vec::with_capacity(head.len());
        head.write(&mut bytes);
        let written = Failed::of("pwrite()", &self.path);
        let file = match &self.file {
            Some(file) if bytes.len() as u64 == self.start => file,
            _ => return Err(written(Errno::INVAL)),
        };
        file.write_at(&bytes, 0).map_err(written)?;
        let to = place.file(key);
        match self.disk.rename(&self.path, &to) {
            Err(Errno::XDEV) => {
                place.note_elsewhere();
                self = self.copy(place, key, seed)?;
                self.disk.rename(&self.path, &to)
            }
            renamed => renamed,
        }
        .map_err(Failed::of("rename()", &to))?;
        let size = on_disk(self.start + self.body);
        let file = self.file.take().map_or(Err(Errno::INVAL), NewFile::into_file);
        Ok(Stored { file: file.map_err(Failed::of("dup()", &to))?, size })
    }

    /// The same file in the directory of the cache, which is on another file system.
    fn copy(&self, place: &Place, key: Key, seed: u64) -> Result<Self, Failed> {
        let failed = Failed::of("read()", &self.path);
        let Some(from) = &self.file else { return Err(failed(Errno::INVAL)) };
        let (file, path) = create(&self.disk, seed, |number| place.beside(key, number))?;
        let (start, body) = (self.start, self.body);
        let copy = Self { disk: self.disk.clone(), file: Some(file), path, start, body };
        let mut buf = vec![0; CHUNK];
        let mut at = 0;
        loop {
            let n = from.file().read_at(&mut buf, at).map_err(|e| failed(e.into()))?;
            if n == 0 {
                return Ok(copy);
            }
            let written = copy.file.as_ref().map_or(Ok(()), |it| it.write_at(&buf[..n], at));
            written.map_err(Failed::of("pwrite()", &copy.path))?;
            at += n as u64;
        }
    }
}

impl Drop for Fill {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// A new file at one of the paths of several numbers.
fn create(
    disk: &Disk,
    seed: u64,
    path_of: impl Fn(&str) -> PathBuf,
) -> Result<(NewFile, PathBuf), Failed> {
    let mut last = None;
    for attempt in 0..temp::ATTEMPTS {
        let path = path_of(&temp::number(seed, attempt));
        match disk.create(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) => last = Some(Failed { call: "open()", path, error }),
        }
        if last.as_ref().is_some_and(|it| !matches!(it.error, Errno::EXIST | Errno::AGAIN)) {
            break;
        }
    }
    Err(last.unwrap_or_else(|| Failed::of("open()", Path::new(""))(Errno::INVAL)))
}

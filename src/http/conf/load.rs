//! From files to a configuration. Reads the files that it names and includes; opens no log, binds nothing.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Conf;
use super::builder::{Builder, Remarks, Users};
use super::freeze::{System, freeze};
use super::walk::walk;
use crate::conf::error::Error;
use crate::conf::tree::{self, Files, Item, Memory};
use crate::os::process;

/// A configuration that may be run.
#[derive(Debug)]
pub struct Loaded {
    pub conf: Conf,
    /// Every file that was read, once, in order: what `-T` prints.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    pub remarks: Remarks,
}

/// Reads the configuration in `main_path`. `include` is relative to its directory, logs and files to
/// `prefix`; both paths are absolute. `extra` is what `-g` said: it comes first.
pub fn load(main_path: &Path, prefix: &Path, extra: &str) -> Result<Loaded, Error> {
    let mut disk = Disk::default();
    let base = main_path.parent().unwrap_or_else(|| Path::new("/"));
    let mut items = tree::command_line(&mut disk, extra, base);
    // The text of the file is looked at only if the command line is right.
    let rest = match items.last() {
        Some(Item::Broken(_)) => Ok(vec![]),
        _ => tree::read(&mut disk, main_path, base),
    };
    let hostname = std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut builder = Builder::new(prefix, hostname.trim_ascii());
    base.clone_into(&mut builder.conf_prefix);
    items.extend(rest?);
    let root = process::is_root();
    builder.users = if root { Users::OfSystem } else { Users::Ignored };
    let said = walk(&mut builder, &items)?;
    let (conf, remarks) = freeze(builder, said, System { root })?;
    Ok(Loaded { conf, files: disk.files, remarks })
}

/// A configuration from a text, for tests: no files, prefix `/prefix`, run by root.
pub fn parse_text(text: &str) -> Result<Loaded, Error> {
    let mut memory = Memory(HashMap::from([("nginx.conf".into(), text.as_bytes().to_vec())]));
    let items = tree::read(&mut memory, Path::new("nginx.conf"), Path::new(""))?;
    let mut builder = Builder::new(Path::new("/prefix"), b"host.example");
    let said = walk(&mut builder, &items)?;
    let (conf, remarks) = freeze(builder, said, System { root: true })?;
    Ok(Loaded { conf, files: vec![], remarks })
}

/// A device that never ends is no configuration.
const LARGEST: u64 = 64 << 20;

/// `EFBIG`.
const FILE_TOO_LARGE: i32 = 27;

#[derive(Default)]
struct Disk {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Files for Disk {
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let mut text = vec![];
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LARGEST {
            return Err(io::Error::from_raw_os_error(FILE_TOO_LARGE));
        }
        if !self.files.iter().any(|(known, _)| known == path) {
            self.files.push((path.to_owned(), text.clone()));
        }
        Ok(text)
    }

    fn glob(&mut self, pattern: &Path) -> Vec<PathBuf> {
        // As glob(3): a wildcard does not stand for a leading dot.
        let options = glob::MatchOptions {
            require_literal_separator: true,
            require_literal_leading_dot: true,
            ..glob::MatchOptions::default()
        };
        match glob::glob_with(&pattern.to_string_lossy(), options) {
            Ok(paths) => paths.filter_map(Result::ok).collect(),
            Err(_) => vec![],
        }
    }

    fn identity(&self, path: &Path) -> PathBuf {
        std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
    }
}

//! A file that lines are appended to, unbuffered, and that can be opened anew under its name.
//!
//! One `write` a line in append mode: lines of several processes do not tear one another apart.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Errno;

#[derive(Debug)]
pub struct LogFile {
    pub path: PathBuf,
    file: File,
}

impl LogFile {
    /// Opens for appending, and creates with mode 0644 what is not there.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        Ok(Self { path: path.to_owned(), file: append(path)? })
    }

    /// After a rotation: lines go on under the old name. If that cannot be opened, where they went.
    pub fn reopen(&mut self) -> Result<(), Errno> {
        self.file = append(&self.path)?;
        Ok(())
    }

    /// What cannot be written is lost: a full disk must not stop the traffic.
    pub fn write(&self, line: &[u8]) -> Result<(), Errno> {
        (&self.file).write_all(line).map_err(Errno::from)
    }

    pub fn file(&self) -> &File {
        &self.file
    }
}

fn append(path: &Path) -> Result<File, Errno> {
    Ok(OpenOptions::new().append(true).create(true).mode(0o644).open(path)?)
}

#[cfg(test)]
mod tests {
    use super::LogFile;
    use std::fs;

    #[test]
    fn goes_on_under_its_name_after_a_rotation() {
        let folder = std::env::temp_dir().join(format!("peerage-logfile-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (name, old) = (folder.join("x.log"), folder.join("x.log.1"));
        let mut log = LogFile::open(&name).unwrap();
        log.write(b"one\n").unwrap();
        fs::rename(&name, &old).unwrap();
        log.write(b"two\n").unwrap();
        log.reopen().unwrap();
        log.write(b"three\n").unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"one\ntwo\n");
        assert_eq!(fs::read(&name).unwrap(), b"three\n");
        fs::remove_dir_all(&folder).unwrap();
    }
}

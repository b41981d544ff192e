//! The pid file: there while the program serves, gone when it has ended.

use std::fs;
use std::path::{Path, PathBuf};

use crate::os::Errno;
use crate::os::process;

#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes this process's number. Call it when the listening sockets accept: scripts wait for it.
    pub fn write(path: &Path) -> Result<Self, Errno> {
        fs::write(path, format!("{}\n", process::pid()))?;
        Ok(Self(path.to_owned()))
    }

    pub fn remove(self) {
        if let Err(e) = process::as_root(|| fs::remove_file(&self.0)) {
            crate::alert!("unlink() \"{}\" failed ({})", self.0.display(), Errno::from(e));
        }
    }
}

/// The number in a pid file, or the words for what is wrong with it.
pub fn read(path: &Path) -> Result<i32, String> {
    let name = path.display();
    let bytes =
        fs::read(path).map_err(|e| format!("open() \"{name}\" failed ({})", Errno::from(e)))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_end_matches(['\r', '\n']);
    match text.parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err(format!("invalid PID number \"{text}\" in \"{name}\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::{PidFile, read};
    use std::fs;

    #[test]
    fn is_written_read_and_removed() {
        let path = std::env::temp_dir().join(format!("peerage-{}.pid", std::process::id()));
        let file = PidFile::write(&path).unwrap();
        assert_eq!(read(&path), Ok(std::process::id() as i32));
        for wrong in ["", "x\n", "-1\n", "0"] {
            fs::write(&path, wrong).unwrap();
            assert!(read(&path).unwrap_err().starts_with("invalid PID number \""), "{wrong}");
        }
        file.remove();
        assert!(read(&path).unwrap_err().contains("failed (2: No such file or directory)"));
    }
}

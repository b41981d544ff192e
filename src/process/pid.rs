//! The pid file: there while the program serves, gone when it has ended.

use std::fs;
use std::path::{Path, PathBuf};

use crate::os::Errno;
use crate::os::process;

#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes this process's number. Call it when the listening sockets accept: scripts wait for it.
    pub fn write(path: &Path) -> Result<Self, String> {
        fs::write(path, format!("{}\n", process::pid()))
            .map_err(|e| format!("open() \"{}\" failed ({})", path.display(), Errno::from(e)))?;
        Ok(Self(path.to_owned()))
    }

    /// Makes room for the file of a new binary: this one becomes `NAME.oldbin`.
    pub fn step_aside(&mut self) -> Result<(), String> {
        let mut name = self.0.clone().into_os_string();
        name.push(OLD);
        self.rename(name.into())
    }

    /// The new binary is gone: the file has its own name again.
    pub fn come_back(&mut self) -> Result<(), String> {
        let name = self.0.as_os_str().to_string_lossy();
        match name.strip_suffix(OLD).map(PathBuf::from) {
            Some(path) => self.rename(path),
            None => Ok(()),
        }
    }

    /// Another configuration names another path.
    pub fn follow(&mut self, path: &Path) {
        if self.0 == path {
            return;
        }
        match Self::write(path) {
            Ok(file) => std::mem::replace(self, file).remove(),
            Err(words) => crate::emerg!("{words}"),
        }
    }

    pub fn remove(self) {
        if let Err(e) = fs::remove_file(&self.0) {
            crate::alert!("unlink() \"{}\" failed ({})", self.0.display(), Errno::from(e));
        }
    }

    fn rename(&mut self, path: PathBuf) -> Result<(), String> {
        fs::rename(&self.0, &path).map_err(|e| {
            let (from, to, e) = (self.0.display(), path.display(), Errno::from(e));
            format!("rename() {from} to {to} failed ({e})")
        })?;
        self.0 = path;
        Ok(())
    }
}

/// What the file of a program is called that another is to take the place of.
const OLD: &str = ".oldbin";

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
        let old = path.with_extension("pid.oldbin");
        let mut file = file;
        file.come_back().unwrap();
        assert!(path.exists());
        fs::write(&path, "1\n").unwrap();
        file.step_aside().unwrap();
        assert!(old.exists() && !path.exists());
        file.come_back().unwrap();
        assert!(!old.exists() && path.exists());
        let other = path.with_extension("other");
        file.follow(&other);
        assert!(other.exists() && !path.exists());
        file.remove();
        assert!(!other.exists());
        assert!(read(&path).unwrap_err().contains("failed (2: No such file or directory)"));
    }
}

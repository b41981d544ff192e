//! The pid file: there while the program serves, gone when it has ended.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::os::Errno;
use crate::os::process;

#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes this process's number. Call it when the listening sockets accept: scripts wait for it.
    pub fn write(path: &Path) -> Result<Self, String> {
        let text = format!("{}\n", process::pid());
        // A folder that is not writable may hold a file that is; a device or a link keeps its place.
        if !is_replaceable(path) || replace(path, &text).is_err() {
            let call = |call: &'static str| {
                move |e| format!("{call}() \"{}\" failed ({})", path.display(), Errno::from(e))
            };
            let mut file = create(path, OpenOptions::new().truncate(true)).map_err(call("open"))?;
            file.write_all(text.as_bytes()).map_err(call("write"))?;
        }
        Ok(Self(path.to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether it could be written, for `-t` and a reload that moves it. A file of that name keeps its content; none is left behind.
    pub fn examine(path: &Path) -> Result<(), String> {
        let is_new = !path.exists();
        create(path, &mut OpenOptions::new())
            .map_err(|e| format!("open() \"{}\" failed ({})", path.display(), Errno::from(e)))?;
        if let (true, Ok(made)) = (is_new, fs::canonicalize(path)) {
            let _ = fs::remove_file(made);
        }
        Ok(())
    }

    /// Makes room for the file of a new binary: this one becomes `NAME.oldbin`. `program` is for the words.
    pub fn step_aside(&mut self, program: Option<&OsString>) -> Result<(), String> {
        let mut name = self.0.clone().into_os_string();
        name.push(OLD);
        let program = program.map_or_else(Default::default, |it| it.to_string_lossy());
        let when = format!(" before executing new binary process \"{program}\"");
        self.rename(name.into(), &when)
    }

    /// The new binary is gone: the file has its own name again.
    pub fn come_back(&mut self) -> Result<(), String> {
        let name = self.0.as_os_str().to_string_lossy();
        match name.strip_suffix(OLD).map(PathBuf::from) {
            Some(path) => self.rename(path, ""),
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

    /// A device of that name stays.
    pub fn remove(self) {
        if is_device(&self.0) {
            return;
        }
        if let Err(e) = fs::remove_file(&self.0) {
            crate::alert!("unlink() \"{}\" failed ({})", self.0.display(), Errno::from(e));
        }
    }

    fn rename(&mut self, path: PathBuf, when: &str) -> Result<(), String> {
        fs::rename(&self.0, &path).map_err(|e| {
            let (from, to, e) = (self.0.display(), path.display(), Errno::from(e));
            format!("rename() {from} to {to} failed{when} ({e})")
        })?;
        self.0 = path;
        Ok(())
    }
}

/// A reader sees the whole number or the file that was there; an old file leaves its mode with its content.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", process::pid()));
    let beside = Path::new(&beside);
    let mut file = create(beside, OpenOptions::new().create_new(true))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| fs::rename(beside, path));
    written.inspect_err(|_| drop(fs::remove_file(beside)))
}

/// With the mode of nginx's: its owner may write it, everyone may read it, less what the umask takes.
fn create(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.write(true).create(true).mode(0o644).open(path)
}

fn is_replaceable(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or(true, |it| it.is_file())
}

fn is_device(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| !it.is_file() && !it.is_symlink())
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
    use std::os::unix::fs::PermissionsExt;

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
        file.step_aside(None).unwrap();
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

    #[test]
    fn a_new_file_takes_the_place_of_an_old_one_but_not_of_a_link_or_a_device() {
        let folder = std::env::temp_dir().join(format!("peerage-pid-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (path, kept, link) = (folder.join("a.pid"), folder.join("kept"), folder.join("link"));
        fs::write(&path, "a long number that was there").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        fs::hard_link(&path, &kept).unwrap();
        PidFile::write(&path).unwrap();
        assert_eq!(read(&path), Ok(std::process::id() as i32));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o022, 0);
        assert_eq!(fs::read(&kept).unwrap(), b"a long number that was there");
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        let file = PidFile::write(&link).unwrap();
        assert_eq!((read(&link), read(&kept)), (read(&path), read(&path)));
        file.remove();
        assert!(kept.exists() && fs::symlink_metadata(&link).is_err());
        // A socket stands for every device: none of the system's may be at stake here.
        let device = std::os::unix::net::UnixListener::bind(folder.join("device")).unwrap();
        assert!(PidFile::write(&folder.join("device")).is_err());
        PidFile(folder.join("device")).remove();
        drop(device);
        // Nothing is left beside them.
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
        fs::remove_dir_all(&folder).unwrap();
    }
}

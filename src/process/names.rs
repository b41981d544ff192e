//! The names of listening unix sockets in the file system: which are this program's, and when one goes.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::os::addr::Addr;
use crate::os::{Errno, net};

/// The name of a socket that this program has bound, or was started with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Name {
    /// Call it when `addr` has been bound. `None` for addresses without a name.
    pub fn of(addr: &Addr) -> Option<Self> {
        let path = addr.unix_path()?;
        let found = socket(path).ok()??;
        Some(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Removes it. What stands there instead by now stays: another program may listen there.
    pub fn remove(&self) {
        let removed = match socket(&self.path) {
            Ok(Some(it)) if (it.dev(), it.ino()) == (self.device, self.inode) => {
                fs::remove_file(&self.path)
            }
            Ok(_) => {
                crate::notice!("{} is not this program's any more and stays", self.path.display());
                return;
            }
            Err(e) => Err(e),
        };
        if let Err(e) = removed {
            crate::emerg!("unlink() {} failed ({})", self.path.display(), Errno::from(e));
        }
    }
}

/// Removes the name of a socket at which no process listens, as a program leaves it that was killed.
/// A connection that is refused is the proof; what is no socket stays. Whether it has been removed.
pub fn remove_stale(addr: &Addr) -> bool {
    let Some(path) = addr.unix_path() else { return false };
    if !matches!(socket(path), Ok(Some(_))) || !net::is_refused(addr) {
        return false;
    }
    crate::notice!("no process listens at {addr}: its socket is replaced");
    fs::remove_file(path).is_ok()
}

/// `None`: it is something else, a link for instance.
fn socket(path: &Path) -> io::Result<Option<Metadata>> {
    fs::symlink_metadata(path).map(|it| Some(it).filter(|it| it.file_type().is_socket()))
}

#[cfg(test)]
mod tests {
    use super::{Name, remove_stale};
    use crate::os::addr::Addr;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::{UnixDatagram, UnixListener};

    #[test]
    fn only_a_socket_without_a_listener_is_stale() {
        let folder = std::env::temp_dir().join(format!("peerage-names-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let at = |name: &str| Addr::Unix(folder.join(name));
        let live = UnixListener::bind(folder.join("live")).unwrap();
        let datagrams = UnixDatagram::bind(folder.join("datagrams")).unwrap();
        drop(UnixListener::bind(folder.join("stale")).unwrap());
        fs::write(folder.join("file"), "").unwrap();
        symlink(folder.join("stale"), folder.join("link")).unwrap();
        symlink(folder.join("none"), folder.join("dangling")).unwrap();
        fs::create_dir(folder.join("folder")).unwrap();
        for name in ["live", "datagrams", "file", "link", "dangling", "folder", "none"] {
            assert!(!remove_stale(&at(name)), "{name}");
        }
        assert!(!remove_stale(&Addr::parse("127.0.0.1:1").unwrap()));
        assert!(remove_stale(&at("stale")));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 6);
        drop((live, datagrams));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_listener_with_a_full_queue_is_alive() {
        let folder = std::env::temp_dir().join(format!("peerage-full-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let addr = Addr::Unix(folder.join("a"));
        let options = crate::os::net::ListenOptions { backlog: Some(0), ..Default::default() };
        let _listener = crate::os::net::listen(&addr, &options).unwrap();
        let _waits = std::os::unix::net::UnixStream::connect(folder.join("a")).unwrap();
        assert!(!remove_stale(&addr));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_name_that_another_has_taken_stays() {
        let path = std::env::temp_dir().join(format!("peerage-name-{}", std::process::id()));
        let addr = Addr::Unix(path.clone());
        let own = UnixListener::bind(&path).unwrap();
        let name = Name::of(&addr).unwrap();
        fs::remove_file(&path).unwrap();
        let other = UnixListener::bind(&path).unwrap();
        name.remove();
        assert!(path.exists());
        Name::of(&addr).unwrap().remove();
        assert!(!path.exists());
        fs::write(&path, "").unwrap();
        name.remove();
        assert!(path.exists() && Name::of(&addr).is_none());
        fs::remove_file(&path).unwrap();
        drop((own, other));
    }
}

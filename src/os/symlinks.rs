//! `disable_symlinks`: a path is opened a part at a time, so that no link is followed unseen, not even one
//! that is put there meanwhile.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Errno;
use super::directory::open_at;

/// Which links may lie on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Links {
    None,
    /// Those that belong to whom their target belongs to.
    OfOwner,
}

/// As `file::open`; the first `trusted` bytes of the path may hold any links.
pub fn open(
    path: &Path,
    trusted: usize,
    links: Links,
) -> Result<(File, Metadata), (&'static str, Errno)> {
    let bytes = path.as_os_str().as_bytes();
    let (start, rest) = bytes.split_at(trusted.min(bytes.len()));
    let start = match start {
        b"" if rest.first() == Some(&b'/') => b"/",
        b"" => b".",
        start => start,
    };
    let failed = |e| ("openat()", e);
    let mut at = open_at(libc::AT_FDCWD, OsStr::from_bytes(start), WAY, 0).map_err(failed)?;
    let mut parts = rest.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let flags = if parts.peek().is_some() { WAY } else { libc::O_RDONLY | libc::O_NONBLOCK };
        at = step(&at, part, flags, links).map_err(failed)?;
    }
    let metadata = at.metadata().map_err(|e| ("fstat()", e.into()))?;
    Ok((at, metadata))
}

/// To go through, not to read.
const WAY: i32 = libc::O_PATH | libc::O_DIRECTORY;

fn step(from: &File, name: &[u8], flags: i32, links: Links) -> Result<File, Errno> {
    let (from, name) = (from.as_raw_fd(), OsStr::from_bytes(name));
    match links {
        // Of a link where a directory is to be the system says that it is none, as nginx then does.
        Links::None => open_at(from, name, flags | libc::O_NOFOLLOW, 0),
        Links::OfOwner => {
            let opened = open_at(from, name, flags, 0)?;
            // What has that name itself, and not where it leads.
            let link = open_at(from, name, libc::O_PATH | libc::O_NOFOLLOW, 0)?.metadata()?;
            // Compared even if it is no link now: it may have been one when it was followed.
            match link.uid() != opened.metadata()?.uid() {
                true => Err(Errno::LOOP),
                false => Ok(opened),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_refused_behind_what_is_trusted() {
        let dir = std::env::temp_dir().join(format!("peerage-links-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("real/deep")).unwrap();
        fs::write(dir.join("real/deep/file"), b"it").unwrap();
        symlink("real", dir.join("way")).unwrap();
        symlink("deep/file", dir.join("real/link")).unwrap();
        let root = dir.as_os_str().len();
        let show = |name: &str, trusted: usize, links| {
            open(&dir.join(name), trusted, links).map(|(_, found)| found.len()).map_err(|e| e.1)
        };
        assert_eq!(show("real/deep/file", root, Links::None), Ok(2));
        assert_eq!(show("real//deep/file", root, Links::None), Ok(2));
        assert_eq!(show("way/deep/file", root, Links::None), Err(Errno::NOTDIR));
        assert_eq!(show("way", root, Links::None), Err(Errno::LOOP));
        assert_eq!(show("way/deep/file", root + 4, Links::None), Ok(2));
        assert_eq!(show("real/link", root, Links::None), Err(Errno::LOOP));
        assert_eq!(show("real/link", root, Links::OfOwner), Ok(2));
        assert_eq!(show("way/link", 0, Links::OfOwner), Ok(2));
        assert_eq!(show("real/deep/file/x", root, Links::None), Err(Errno::NOTDIR));
        assert_eq!(show("real/nothing", root, Links::OfOwner), Err(Errno::NOENT));
        assert!(show("real/deep", root, Links::None).is_ok());
        fs::remove_dir_all(&dir).unwrap();
    }
}

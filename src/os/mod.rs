//! The operating system, and its imitation: the only folder that may say `unsafe` or `libc`.
//!
//! Every wrapper is safe to call. Results are [`Errno`] or [`net::Io`], never a bare −1.

#![allow(unsafe_code)]

use std::fmt;

pub mod addr;
pub mod channel;
pub mod clock;
pub mod crypt;
pub mod delivery;
pub mod directory;
pub mod disk;
pub mod file;
pub mod lend;
pub mod logfile;
pub mod net;
pub mod prefetch;
pub mod process;
pub mod random;
pub mod shm;
pub mod signal;
#[cfg(feature = "sim")]
pub mod sim;
pub mod splice;
pub mod symlinks;
pub mod temp;
pub mod title;
pub mod waker;

/// An error number of the system, printed as nginx does: `111: Connection refused`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    pub const AGAIN: Self = Self(libc::EAGAIN);
    pub const PROTO: Self = Self(libc::EPROTO);
    pub const PIPE: Self = Self(libc::EPIPE);
    pub const RESET: Self = Self(libc::ECONNRESET);
    pub const REFUSED: Self = Self(libc::ECONNREFUSED);
    pub const TIMEDOUT: Self = Self(libc::ETIMEDOUT);
    pub const MFILE: Self = Self(libc::EMFILE);
    pub const NFILE: Self = Self(libc::ENFILE);
    pub const INTR: Self = Self(libc::EINTR);
    pub const IO: Self = Self(libc::EIO);
    pub const NOENT: Self = Self(libc::ENOENT);
    pub const NOMEM: Self = Self(libc::ENOMEM);
    pub const NOSPC: Self = Self(libc::ENOSPC);
    pub const EXIST: Self = Self(libc::EEXIST);
    pub const XDEV: Self = Self(libc::EXDEV);
    pub const ISDIR: Self = Self(libc::EISDIR);
    pub const DQUOT: Self = Self(libc::EDQUOT);
    pub const PERM: Self = Self(libc::EPERM);
    pub const NOTDIR: Self = Self(libc::ENOTDIR);
    pub const NAMETOOLONG: Self = Self(libc::ENAMETOOLONG);
    pub const LOOP: Self = Self(libc::ELOOP);
    pub const ACCES: Self = Self(libc::EACCES);
    pub const SRCH: Self = Self(libc::ESRCH);
    pub const INVAL: Self = Self(libc::EINVAL);
    pub const NETDOWN: Self = Self(libc::ENETDOWN);
    pub const NETUNREACH: Self = Self(libc::ENETUNREACH);
    pub const HOSTDOWN: Self = Self(libc::EHOSTDOWN);
    pub const HOSTUNREACH: Self = Self(libc::EHOSTUNREACH);
    pub const ADDRINUSE: Self = Self(libc::EADDRINUSE);

    pub fn last() -> Self {
        std::io::Error::last_os_error().into()
    }
}

impl From<std::io::Error> for Errno {
    fn from(e: std::io::Error) -> Self {
        Self(e.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::io::Error::from_raw_os_error(self.0).to_string();
        let words = text.split(" (os error").next().unwrap_or_default();
        write!(f, "{}: {words}", self.0)
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({self})")
    }
}

/// Calls a libc function; −1 becomes the error number.
macro_rules! syscall {
    ($name:ident($($arg:expr),* $(,)?)) => {{
        #[allow(unused_unsafe)]
        // SAFETY: each use passes pointers to live, correctly sized objects, and says so where it is not plain.
        let result = unsafe { libc::$name($($arg),*) };
        if result == -1 { Err($crate::os::Errno::last()) } else { Ok(result) }
    }};
}
pub(crate) use syscall;

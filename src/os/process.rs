//! What a process is to the system: its numbers, limits, user, and its leave from the terminal.
//!
//! Everything here is called at the start or the end of the program, while it has one thread.

use std::ffi::{CStr, CString};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Errno, signal, syscall};

/// Whom the program works as once it has opened what only root may open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// Which side of the fork the caller is on.
#[derive(Debug)]
pub enum Side {
    /// The one that was started: it waits until the other is ready, and ends with this status.
    Parent(i32),
    /// The one that goes on, and reports through this when it is ready.
    Child(Report),
}

/// The child's word to its parent. Dropped without one, it tells of failure.
#[derive(Debug)]
pub struct Report(OwnedFd);

pub fn pid() -> i32 {
    std::process::id() as i32
}

/// The calling thread's number; the process's own in its first thread.
pub fn tid() -> i32 {
    syscall!(gettid()).unwrap_or(0)
}

pub fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// The user of that name and the group of the other, or the user's own group.
pub fn user(name: &str, group: Option<&str>) -> Result<User, Missing> {
    let (uid, own) = passwd(name).ok_or_else(|| Missing::User(name.to_owned()))?;
    let gid = match group {
        Some(group) => group_id(group).ok_or_else(|| Missing::Group(group.to_owned()))?,
        None => own,
    };
    Ok(User { name: name.to_owned(), uid, gid })
}

/// A name that the system does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    User(String),
    Group(String),
}

/// Gives up root's rights for those of `user`, for good. `transparent`: but for the one to speak from addresses
/// that are not this machine's, which `proxy_bind … transparent` needs.
pub fn become_user(user: &User, transparent: bool) -> Result<(), (&'static str, Errno)> {
    let name = CString::new(user.name.as_str()).map_err(|_| ("initgroups", Errno::INVAL))?;
    syscall!(setgid(user.gid)).map_err(|e| ("setgid", e))?;
    syscall!(initgroups(name.as_ptr(), user.gid)).map_err(|e| ("initgroups", e))?;
    if transparent {
        let kept = syscall!(prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0));
        kept.map_err(|e| ("prctl(PR_SET_KEEPCAPS, 1)", e))?;
    }
    syscall!(setuid(user.uid)).map_err(|e| ("setuid", e))?;
    if transparent {
        keep_only_net_raw().map_err(|e| ("capset", e))?;
    }
    // Or such a process could leave no core.
    let _ = syscall!(prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0));
    Ok(())
}

/// Of all capabilities that were kept `CAP_NET_RAW` stays: capset(2).
fn keep_only_net_raw() -> Result<(), Errno> {
    /// `struct __user_cap_header_struct`, `struct __user_cap_data_struct` of linux/capability.h.
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    #[repr(C)]
    struct Set {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    const VERSION_3: u32 = 0x2008_0522;
    const NET_RAW: u32 = 1 << 13;
    let header = Header { version: VERSION_3, pid: 0 };
    let kept = Set { effective: NET_RAW, permitted: NET_RAW, inheritable: 0 };
    let none = Set { effective: 0, permitted: 0, inheritable: 0 };
    let sets = [kept, none];
    // Version 3 reads a header and two sets, all of them alive here.
    syscall!(syscall(libc::SYS_capset, &raw const header, sets.as_ptr())).map(drop)
}

/// The soft and the hard limit of open files.
pub fn limit_of_files() -> (u64, u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    match syscall!(getrlimit(libc::RLIMIT_NOFILE, &mut limit)) {
        Ok(_) => (limit.rlim_cur, limit.rlim_max),
        Err(_) => (0, 0),
    }
}

/// `worker_rlimit_nofile`: both limits.
pub fn set_limit_of_files(files: u64) -> Result<(), Errno> {
    let limit = libc::rlimit { rlim_cur: files, rlim_max: files };
    syscall!(setrlimit(libc::RLIMIT_NOFILE, &limit))?;
    Ok(())
}

/// `worker_rlimit_core`: how large a core file may be.
pub fn set_limit_of_core(bytes: u64) -> Result<(), Errno> {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    syscall!(setrlimit(libc::RLIMIT_CORE, &limit))?;
    Ok(())
}

/// `worker_priority`: −20 is served first, 19 last.
pub fn set_priority(nice: i32) -> Result<(), Errno> {
    syscall!(setpriority(libc::PRIO_PROCESS, 0, nice))?;
    Ok(())
}

/// `worker_cpu_affinity`: the processors that this process may run on.
pub fn set_affinity(cpus: &[usize]) -> Result<(), Errno> {
    // SAFETY: `cpu_set_t` is plain integers, for which zero is valid; `CPU_SET` passes over numbers that
    // are too large for it.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &cpu in cpus.iter().filter(|&&cpu| cpu < libc::CPU_SETSIZE as usize) {
            libc::CPU_SET(cpu, &mut set);
        }
        set
    };
    syscall!(sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set))?;
    Ok(())
}

/// Makes another process that goes on from here; true in it. Call it while there is one thread.
///
/// Signals wait in both until `signal::unblock`, or in the new one until it has called `signal::catch`:
/// before that, they would go to the other.
pub fn fork() -> Result<Fork, Errno> {
    signal::block();
    match syscall!(fork()) {
        Ok(0) => Ok(Fork::Child),
        Ok(pid) => {
            signal::unblock();
            Ok(Fork::Parent(pid))
        }
        Err(e) => {
            signal::unblock();
            Err(e)
        }
    }
}

/// Which of the two processes the caller is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fork {
    /// The one that was there, and the number of the new one.
    Parent(i32),
    Child,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    Exited(i32),
    /// By a signal, and whether it left a core.
    Killed(i32, bool),
}

/// The next child that has ended, if one has.
pub fn reap() -> Option<(i32, Ended)> {
    let mut status = 0;
    let pid = loop {
        match syscall!(waitpid(-1, &mut status, libc::WNOHANG)) {
            Ok(0) => return None,
            Ok(pid) => break pid,
            Err(Errno(libc::EINTR)) => {}
            Err(_) => return None,
        }
    };
    Some((
        pid,
        match libc::WIFSIGNALED(status) {
            true => Ended::Killed(libc::WTERMSIG(status), libc::WCOREDUMP(status)),
            false => Ended::Exited(libc::WEXITSTATUS(status)),
        },
    ))
}

/// Whether there is a process of that number, or one that has ended and was not reaped.
///
/// In the simulation more than the system's numbers are used: those processes are alive.
pub fn exists(pid: u64) -> bool {
    match libc::pid_t::try_from(pid) {
        Ok(pid) => pid > 0 && syscall!(kill(pid, 0)) != Err(Errno::SRCH),
        Err(_) => cfg!(feature = "sim"),
    }
}

/// `SIGKILL`: for those who heard nothing else.
pub fn kill_hard(pid: i32) {
    let _ = syscall!(kill(pid, libc::SIGKILL));
}

pub fn parent() -> i32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::getppid() }
}

/// `Linux 6.1.0`, as the start of the error log names the system.
pub fn system() -> String {
    // SAFETY: `utsname` is arrays of bytes, for which zero is valid; `uname` fills them with C strings.
    let mut names: libc::utsname = unsafe { std::mem::zeroed() };
    if syscall!(uname(&mut names)).is_err() {
        return String::new();
    }
    // SAFETY: after a successful call both arrays end with a NUL.
    let [name, release] =
        [&names.sysname, &names.release].map(|part| unsafe { CStr::from_ptr(part.as_ptr()) });
    format!("{} {}", name.to_string_lossy(), release.to_string_lossy())
}

/// Leaves the terminal: a child goes on in a session of its own, with nothing to read from.
///
/// The parent returns when the child has reported or died. Call it before any thread or epoll exists.
pub fn daemonize() -> Result<Side, Errno> {
    let (reader, writer) = pipe()?;
    if syscall!(fork())? != 0 {
        drop(writer);
        let mut word = [0];
        let got = io::Read::read(&mut File::from(reader), &mut word);
        return Ok(Side::Parent(if matches!(got, Ok(1)) { 0 } else { 1 }));
    }
    drop(reader);
    syscall!(setsid())?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for end in [libc::STDIN_FILENO, libc::STDOUT_FILENO] {
        syscall!(dup2(null.as_raw_fd(), end))?;
    }
    Ok(Side::Child(Report(writer)))
}

/// From here on, files have the mode that they are created with: a daemon outlives the terminal whose
/// umask it had.
pub fn clear_umask() {
    // SAFETY: takes a number and cannot fail.
    unsafe { libc::umask(0) };
}

impl Report {
    /// The parent may end well.
    pub fn ready(self) {
        let _ = io::Write::write(&mut File::from(self.0), b"+");
    }
}

/// What is said on stderr from now on, by a panic for instance, goes to this file.
pub fn replace_stderr(file: &File) -> Result<(), Errno> {
    syscall!(dup2(file.as_raw_fd(), libc::STDERR_FILENO))?;
    Ok(())
}

/// Hands a file over to `user`, who may write to it from then on: a log is opened again as that user.
///
/// A log may be sent to `/dev/stdout` or `/dev/null`: devices and pipes stay whose they are.
pub fn give_to(file: &File, user: &User) -> Result<(), Errno> {
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok(());
    }
    syscall!(fchown(file.as_raw_fd(), user.uid, u32::MAX))?;
    Ok(file.set_permissions(with(found.permissions(), 0o600))?)
}

/// As [`give_to`], for a folder.
pub fn give_path_to(path: &Path, user: &User) -> Result<(), Errno> {
    let mode = fs::metadata(path)?.permissions();
    std::os::unix::fs::chown(path, Some(user.uid), None)?;
    Ok(fs::set_permissions(path, with(mode, 0o700))?)
}

fn with(mode: Permissions, more: u32) -> Permissions {
    Permissions::from_mode(mode.mode() | more)
}

fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends = [-1; 2];
    syscall!(pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC))?;
    // SAFETY: the call succeeded, so both numbers are open descriptors without another owner.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// The ids of a user.
fn passwd(name: &str) -> Option<(u32, u32)> {
    let name = CString::new(name).ok()?;
    let mut buffer = vec![0; ENTRY];
    let mut found = std::ptr::null_mut();
    // SAFETY: `passwd` is pointers and integers, for which zero is valid. The call writes into the entry and
    // the buffer, whose true length it is given, and all of them outlive it; only integers are read after.
    unsafe {
        let mut entry: libc::passwd = std::mem::zeroed();
        libc::getpwnam_r(name.as_ptr(), &mut entry, buffer.as_mut_ptr(), buffer.len(), &mut found);
        (!found.is_null()).then_some((entry.pw_uid, entry.pw_gid))
    }
}

fn group_id(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    let mut buffer = vec![0; ENTRY];
    let mut found = std::ptr::null_mut();
    // SAFETY: as in `passwd`.
    unsafe {
        let mut entry: libc::group = std::mem::zeroed();
        libc::getgrnam_r(name.as_ptr(), &mut entry, buffer.as_mut_ptr(), buffer.len(), &mut found);
        (!found.is_null()).then_some(entry.gr_gid)
    }
}

/// Bytes for the strings of one entry; a group with many members is large.
const ENTRY: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_groups_are_found_by_name() {
        let root = user("root", None).unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(user("root", Some("root")).unwrap().gid, 0);
        let missing = Missing::User("no such user".into());
        assert_eq!(user("no such user", None), Err(missing));
        let missing = Missing::Group("no such group".into());
        assert_eq!(user("root", Some("no such group")), Err(missing));
    }

    #[test]
    fn the_process_knows_itself() {
        assert!(pid() > 0 && tid() > 0);
        assert!(limit_of_files().0 > 0);
        assert!(system().starts_with("Linux "));
    }
}

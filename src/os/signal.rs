//! Signals as bytes on a socket, so that they reach the reactor like anything else.
//!
//! The handler does the one thing a handler may: it sends a record of eight bytes (which signal, from
//! which process) to the other end of a socket pair. Nothing is decided in it. A pair of sockets and not a
//! pipe or a `signalfd`, because the reactor receives from sockets only.

use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use libc::c_int;

use super::{Errno, syscall};

/// One signal that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caught {
    pub signal: Signal,
    /// Who sent it, if a process did.
    pub sender: Option<i32>,
}

/// Those that the program answers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    Hup,
    Int,
    Quit,
    Usr1,
    Usr2,
    Term,
    Chld,
    Winch,
}

/// Room for this many bytes takes every record of a usual turn.
pub const BUFFER: usize = 16 * RECORD;

const RECORD: usize = 8;

/// From here on, signals are caught and arrive at the socket returned; SIGPIPE and SIGSYS are ignored.
///
/// A process has one such socket; a second call moves the signals to the new one. It ends the blocking
/// that [`block`] began: a forked process calls both, or its first signals would reach its parent.
pub fn catch() -> Result<OwnedFd, Errno> {
    let mut pair = [-1; 2];
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    syscall!(socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()))?;
    // SAFETY: the call succeeded, so both numbers are open descriptors without another owner.
    let (reader, writer) =
        unsafe { (OwnedFd::from_raw_fd(pair[0]), OwnedFd::from_raw_fd(pair[1])) };
    // The handler may run at any time from now on, so its end is not closed while it is in use: it would
    // be the number of another descriptor.
    let former = WRITER.swap(writer.into_raw_fd(), Ordering::AcqRel);
    if former >= 0 {
        // SAFETY: it was this function's own, and the handler has just been given another.
        drop(unsafe { OwnedFd::from_raw_fd(former) });
    }
    for signal in Signal::ALL {
        handle(signal.number(), on_signal as *const () as usize)?;
    }
    for number in [libc::SIGPIPE, libc::SIGSYS] {
        handle(number, libc::SIG_IGN)?;
    }
    unblock();
    Ok(reader)
}

/// Until [`unblock`] or [`catch`], signals wait.
pub fn block() {
    mask(libc::SIG_BLOCK);
}

pub fn unblock() {
    mask(libc::SIG_UNBLOCK);
}

fn mask(how: c_int) {
    // SAFETY: `sigset_t` is plain integers; every call is given a live set, or none.
    unsafe {
        let mut all: libc::sigset_t = mem::zeroed();
        libc::sigfillset(&mut all);
        libc::sigprocmask(how, &all, std::ptr::null_mut());
    }
}

/// The records received. They are sent whole, so a rest of less than one does not occur.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Caught> + '_ {
    bytes.chunks_exact(RECORD).filter_map(|record| {
        let (number, sender) = record.split_at(4);
        let number = i32::from_ne_bytes(number.try_into().ok()?);
        let sender = i32::from_ne_bytes(sender.try_into().ok()?);
        let signal = Signal::ALL.into_iter().find(|signal| signal.number() == number)?;
        Some(Caught { signal, sender: (sender > 0).then_some(sender) })
    })
}

/// Sends `signal` to a process.
pub fn send(pid: i32, signal: Signal) -> Result<(), Errno> {
    syscall!(kill(pid, signal.number()))?;
    Ok(())
}

impl Signal {
    pub const ALL: [Self; 8] = [
        Self::Hup,
        Self::Int,
        Self::Quit,
        Self::Usr1,
        Self::Usr2,
        Self::Term,
        Self::Chld,
        Self::Winch,
    ];

    pub fn number(self) -> i32 {
        match self {
            Self::Hup => libc::SIGHUP,
            Self::Int => libc::SIGINT,
            Self::Quit => libc::SIGQUIT,
            Self::Usr1 => libc::SIGUSR1,
            Self::Usr2 => libc::SIGUSR2,
            Self::Term => libc::SIGTERM,
            Self::Chld => libc::SIGCHLD,
            Self::Winch => libc::SIGWINCH,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Hup => "SIGHUP",
            Self::Int => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Usr1 => "SIGUSR1",
            Self::Usr2 => "SIGUSR2",
            Self::Term => "SIGTERM",
            Self::Chld => "SIGCHLD",
            Self::Winch => "SIGWINCH",
        }
    }
}

/// Whether something was sent since this was last asked: costs no system call.
pub fn pending() -> bool {
    PENDING.load(Ordering::Relaxed) && PENDING.swap(false, Ordering::Acquire)
}

static PENDING: AtomicBool = AtomicBool::new(false);

/// Where the handler sends its records; −1 before there is anywhere.
static WRITER: AtomicI32 = AtomicI32::new(-1);

fn handle(number: c_int, action: libc::sighandler_t) -> Result<(), Errno> {
    // SAFETY: `sigaction` is a plain struct of integers, for which zero is valid.
    let mut how: libc::sigaction = unsafe { mem::zeroed() };
    how.sa_sigaction = action;
    how.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    syscall!(sigemptyset(&mut how.sa_mask))?;
    syscall!(sigaction(number, &how, std::ptr::null_mut()))?;
    Ok(())
}

/// Runs at any moment, between any two instructions: only what signal-safety(7) lists, and no allocation.
extern "C" fn on_signal(number: c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    let writer = WRITER.load(Ordering::Acquire);
    // SAFETY: the kernel passes a valid siginfo to a handler installed with SA_SIGINFO; `si_pid` reads an
    // integer of it that is meaningful for the codes below. `send` is async-signal-safe and is given eight
    // bytes of a live array. The thread's errno is put back, so the interrupted code sees its own.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        let from_process = matches!(
            (*info).si_code,
            libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL | libc::CLD_EXITED | libc::CLD_KILLED
        );
        let sender = if from_process { (*info).si_pid() } else { 0 };
        let mut record = [0; RECORD];
        record[..4].copy_from_slice(&number.to_ne_bytes());
        record[4..].copy_from_slice(&sender.to_ne_bytes());
        // A full socket means that thousands wait to be read; one more would say nothing new.
        libc::send(writer, record.as_ptr().cast(), RECORD, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL);
        PENDING.store(true, Ordering::Release);
        *errno = before;
    }
}

/// The end the reactor reads from, for a caller that reads without one.
pub fn receive(reader: &OwnedFd, buffer: &mut [u8; BUFFER]) -> usize {
    let flags = libc::MSG_DONTWAIT;
    syscall!(recv(reader.as_raw_fd(), buffer.as_mut_ptr().cast(), BUFFER, flags)).unwrap_or(0)
        as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_arrives_with_its_sender() {
        let reader = catch().unwrap();
        let me = std::process::id() as i32;
        send(me, Signal::Usr1).unwrap();
        send(me, Signal::Hup).unwrap();
        let mut buffer = [0; BUFFER];
        let mut got = Vec::new();
        // Another thread of the test program may be the one interrupted, a moment later.
        for _ in 0..500 {
            let len = receive(&reader, &mut buffer);
            got.extend(records(&buffer[..len]));
            if got.len() == 2 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        for signal in [Signal::Usr1, Signal::Hup] {
            assert!(got.contains(&Caught { signal, sender: Some(me) }), "{got:?}");
        }
        assert_eq!(receive(&reader, &mut buffer), 0);
        assert!(pending());
        assert!(!pending());
    }

    #[test]
    fn what_is_no_record_is_passed_over() {
        assert_eq!(records(&[0; 7]).count(), 0);
        assert_eq!(records(&[255; 16]).count(), 0);
    }
}

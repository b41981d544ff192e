//! What the kernel knows of bytes that were written: whether they left, whether they arrived.

use std::os::fd::{AsRawFd, OwnedFd};

/// A connection's account, as of one moment.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Delivery {
    /// Bytes handed to the network in all, and those that the other side has acknowledged.
    pub sent: u64,
    pub acknowledged: u64,
    /// Bytes written that are not acknowledged (`SIOCOUTQ`).
    pub outstanding: u32,
    /// The connection is gone: it was reset, or both ends were closed.
    pub closed: bool,
    /// The smoothed round trip, ms.
    pub round_trip: u64,
}

/// Where in the kernel's `tcp_info` what is needed stands. Its layout only ever grows.
const STATE: usize = 0;
const RTT: usize = 68;
const BYTES_ACKED: usize = 120;
const BYTES_SENT: usize = 200;
const LEN: usize = 208;

/// `TCP_CLOSE` of the kernel's states.
const CLOSE: u8 = 7;

/// `None` for what is not TCP, or a kernel that does not tell.
pub(super) fn of_tcp(fd: &OwnedFd) -> Option<Delivery> {
    let mut info = [0u8; LEN];
    let mut len = LEN as libc::socklen_t;
    let mut outstanding: libc::c_int = 0;
    // SAFETY: the kernel writes at most `len` bytes of `info`, and one int.
    unsafe {
        let at = info.as_mut_ptr().cast();
        let raw = fd.as_raw_fd();
        let told = libc::getsockopt(raw, libc::IPPROTO_TCP, libc::TCP_INFO, at, &mut len);
        if told != 0 || (len as usize) < LEN {
            return None;
        }
        if libc::ioctl(raw, libc::TIOCOUTQ, &mut outstanding) != 0 {
            return None;
        }
    }
    let long = |at: usize| u64::from_ne_bytes(info[at..at + 8].try_into().unwrap_or_default());
    let rtt = u32::from_ne_bytes(info[RTT..RTT + 4].try_into().unwrap_or_default());
    Some(Delivery {
        sent: long(BYTES_SENT),
        acknowledged: long(BYTES_ACKED),
        outstanding: outstanding.max(0) as u32,
        closed: info[STATE] == CLOSE,
        round_trip: u64::from(rtt / 1000),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::Errno;
    use crate::os::addr::Addr;
    use crate::os::net::{Driver, Io, Socket};
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};

    /// A client's socket that has had one exchange with its server, and what is known of it then.
    fn pair() -> (Socket, TcpStream, Delivery) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = Addr::Inet(listener.local_addr().unwrap());
        let mut driver = Driver::epoll(8).unwrap();
        let mut client = driver.connect(&addr, &Default::default()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert_eq!(client.send(b"first"), Io::Done(5));
        server.read_exact(&mut [0; 5]).unwrap();
        server.write_all(b"answer").unwrap();
        until(|| client.peek(&mut [0; 6]) == Io::Done(6));
        assert_eq!(client.recv(&mut [0; 100]), Io::Done(6));
        until(|| client.delivery().is_some_and(|it| it.outstanding == 0));
        let before = client.delivery().unwrap();
        (client, server, before)
    }

    fn until(mut is: impl FnMut() -> bool) {
        for _ in 0..2000 {
            if is() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("it never came about");
    }

    fn ended(client: &mut Socket) {
        until(|| !matches!(client.peek(&mut [0]), Io::Again));
    }

    const REQUEST: &[u8] = b"POST / HTTP/1.1\r\n\r\n";

    #[test]
    fn a_full_close_that_crosses_the_request_proves_that_it_was_not_delivered() {
        let (mut client, server, before) = pair();
        drop(server);
        ended(&mut client);
        assert_eq!(client.send(REQUEST), Io::Done(REQUEST.len()));
        until(|| client.delivery().unwrap().closed);
        assert_eq!(client.recv(&mut [0]), Io::Eof);
        let after = client.delivery().unwrap();
        assert!(after.outstanding as usize >= REQUEST.len(), "{after:?}");
        assert_eq!(after.acknowledged, before.acknowledged);
        assert_eq!(client.error(), Some(Errno::PIPE));
    }

    #[test]
    fn a_half_close_whose_server_goes_on_to_read_is_no_proof() {
        let (mut client, mut server, before) = pair();
        server.shutdown(Shutdown::Write).unwrap();
        ended(&mut client);
        assert_eq!(client.send(REQUEST), Io::Done(REQUEST.len()));
        let mut got = vec![0; REQUEST.len()];
        server.read_exact(&mut got).unwrap();
        until(|| client.delivery().unwrap().outstanding == 0);
        let after = client.delivery().unwrap();
        assert!(!after.closed && after.acknowledged > before.acknowledged, "{after:?}");
    }

    #[test]
    fn read_and_then_closed_is_no_proof() {
        let (mut client, mut server, before) = pair();
        assert_eq!(client.send(REQUEST), Io::Done(REQUEST.len()));
        server.read_exact(&mut vec![0; REQUEST.len()]).unwrap();
        drop(server);
        ended(&mut client);
        assert_eq!(client.recv(&mut [0]), Io::Eof);
        until(|| client.delivery().unwrap().outstanding == 0);
        let after = client.delivery().unwrap();
        assert!(after.acknowledged > before.acknowledged, "{after:?}");
    }

    #[test]
    fn a_reset_alone_is_an_error_of_recv() {
        let (mut client, server, _) = pair();
        assert_eq!(client.send(REQUEST), Io::Done(REQUEST.len()));
        until(|| client.delivery().unwrap().outstanding == 0);
        // Closing with the request unread resets the connection.
        drop(server);
        // Not asked of the socket, which tells an error only once.
        until(|| client.delivery().unwrap().closed);
        assert!(matches!(client.recv(&mut [0]), Io::Fail(Errno::RESET)));
    }

    #[test]
    fn nothing_written_is_nothing_sent() {
        let (client, _server, before) = pair();
        assert_eq!(client.delivery().unwrap().sent, before.sent);
    }
}

//! What the simulated network promises.

use mio::Token;

use super::{Faults, SimNet, SimSocket};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{Io, Readiness};

fn addr() -> Addr {
    Addr::parse("10.0.0.1:80").unwrap()
}

/// A listener, a socket connected to it, and the other end of that.
fn pair(net: &SimNet) -> (SimSocket, SimSocket, SimSocket) {
    let mut listener = net.listen(addr());
    let near = net.dial(&addr()).unwrap();
    let Io::Done((far, from)) = listener.accept() else { panic!("no client") };
    assert_eq!((from, far.local_addr()), (near.local_addr(), addr()));
    (listener, near, far)
}

fn wait(net: &SimNet) -> Vec<Readiness> {
    let mut ready = Vec::new();
    net.wait(&mut ready, Some(10));
    ready
}

fn bits(net: &SimNet) -> Option<(bool, bool, bool)> {
    wait(net).first().map(|r| (r.readable, r.writable, r.ended))
}

#[test]
fn an_edge_is_told_once_for_each_arrival() {
    let net = SimNet::with_faults(1, Faults::none());
    let (_listener, mut near, mut far) = pair(&net);
    net.register(&far, Token(7), false);
    assert_eq!(bits(&net), Some((false, true, false)), "a new socket can be written");
    assert_eq!(bits(&net), None);
    let mut buf = [0; 8];
    assert_eq!(far.recv(&mut buf, false), Io::Again);
    assert_eq!(near.send(b"abc"), Io::Done(3));
    assert!(wait(&net)[0].readable);
    assert_eq!(bits(&net), None, "told once, read or not");
    assert_eq!(far.recv(&mut buf[..2], true), Io::Done(2));
    assert_eq!(far.recv(&mut buf, false), Io::Done(3), "a peek takes nothing away");
    near.shutdown_write();
    let told = wait(&net)[0];
    assert!(told.readable && told.ended);
    assert_eq!((far.recv(&mut buf, false), far.send(b"x")), (Io::Eof, Io::Done(1)));
    net.deregister(&far);
    drop(near);
    assert_eq!(bits(&net), None);
}

#[test]
fn a_listener_is_ready_while_a_client_waits() {
    let net = SimNet::with_faults(1, Faults::none());
    let mut listener = net.listen(addr());
    net.register(&listener, Token(1), true);
    assert_eq!(bits(&net), None);
    let _near = net.dial(&addr()).unwrap();
    for _ in 0..3 {
        assert_eq!(bits(&net), Some((true, false, false)));
    }
    assert!(matches!(listener.accept(), Io::Done(_)));
    assert_eq!((bits(&net), listener.accept().is_again()), (None, true));
}

#[test]
fn a_full_window_ends_in_an_edge() {
    let faults = Faults { windows: vec![4], ..Faults::none() };
    let net = SimNet::with_faults(1, faults);
    let (_listener, mut near, mut far) = pair(&net);
    net.register(&near, Token(3), false);
    wait(&net);
    assert_eq!(near.send(b"abcdef"), Io::Done(4));
    assert_eq!((near.send(b"ef"), bits(&net)), (Io::Again, None));
    assert_eq!(far.recv(&mut [0; 9], false), Io::Done(4));
    assert_eq!(bits(&net), Some((false, true, false)));
    assert_eq!(near.send(b"ef"), Io::Done(2));
}

#[test]
fn closing_with_unread_bytes_resets() {
    let net = SimNet::with_faults(1, Faults::none());
    let (_listener, mut near, mut far) = pair(&net);
    near.send(b"unread");
    far.send(b"before");
    wait(&net);
    drop(far);
    wait(&net);
    let mut buf = [0; 9];
    assert_eq!(near.recv(&mut buf, false), Io::Done(6), "what had arrived can be read");
    assert_eq!(near.recv(&mut buf, false), Io::Fail(Errno::RESET));
    assert_eq!((near.recv(&mut buf, false), near.send(b"x")), (Io::Eof, Io::Fail(Errno::PIPE)));
}

#[test]
fn bytes_to_a_closed_side_are_answered_by_a_reset() {
    let net = SimNet::with_faults(1, Faults::none());
    let (_listener, mut near, far) = pair(&net);
    drop(far);
    for _ in 0..9 {
        wait(&net);
    }
    assert_eq!((near.recv(&mut [0], false), near.send(b"x")), (Io::Eof, Io::Done(1)));
    wait(&net);
    assert_eq!(near.send(b"x"), Io::Fail(Errno::PIPE));
    assert_eq!(near.send(b"x"), Io::Fail(Errno::PIPE));
}

#[test]
fn connects_succeed_are_refused_or_hang() {
    let net = SimNet::with_faults(1, Faults::none());
    let mut lost = net.connect(&addr()).unwrap();
    net.register(&lost, Token(2), false);
    assert_eq!(lost.send(b"x"), Io::Again);
    let told = (0..5).find_map(|_| bits(&net));
    assert_eq!(told, Some((true, true, true)));
    assert_eq!(lost.send(b"x"), Io::Fail(Errno::REFUSED));
    assert_eq!(net.dial(&addr()).err(), Some(Errno::REFUSED));

    let listener = net.listen(addr());
    let mut found = net.connect(&addr()).unwrap();
    net.register(&found, Token(4), false);
    assert_eq!((0..5).find_map(|_| bits(&net)), Some((false, true, false)));
    assert_eq!(found.send(b"x"), Io::Done(1));
    drop(listener);
    assert_eq!((0..5).find_map(|_| bits(&net)), Some((true, true, true)), "never accepted");

    net.set_faults(|faults| faults.hang = 1);
    let mut stuck = net.connect(&addr()).unwrap();
    net.register(&stuck, Token(5), false);
    assert_eq!((0..99).find_map(|_| bits(&net)), None);
    assert_eq!(stuck.recv(&mut [0], false), Io::Again);
    drop((lost, found, stuck));
    assert_eq!(net.sockets(), 0);
}

/// Two ends that obey the rules of readiness alone get every byte across, whatever the network does.
fn carry(seed: u64) -> (u64, u64) {
    let net = SimNet::new(seed);
    let (_listener, mut near, mut far) = pair(&net);
    net.register(&near, Token(1), false);
    net.register(&far, Token(2), false);
    let text: Vec<u8> = (0..3000u32).map(|n| (n % 251) as u8).collect();
    let (mut sent, mut got) = (0, Vec::<u8>::new());
    let mut buf = [0; 64];
    for turn in 0..200_000 {
        for told in wait(&net) {
            if told.token == Token(1) && told.writable {
                // A short send ends the edge.
                while sent < text.len() {
                    let piece = &text[sent..text.len().min(sent + 50)];
                    let n = near.send(piece).done().unwrap_or(0);
                    sent += n;
                    if n < piece.len() {
                        break;
                    }
                }
                if sent == text.len() {
                    near.shutdown_write();
                }
            }
            while told.token == Token(2) && told.readable {
                match far.recv(&mut buf, false) {
                    Io::Done(n) => {
                        got.extend(&buf[..n]);
                        // So does a short read, unless the end is known to be queued.
                        if n < buf.len() && !told.ended {
                            break;
                        }
                    }
                    Io::Eof => {
                        assert!(got == text, "seed {seed}");
                        return (turn, net.digest());
                    }
                    Io::Again => break,
                    Io::Fail(error) => panic!("seed {seed}: {error}"),
                }
            }
        }
    }
    panic!("seed {seed} stalls at {sent} sent, {} received", got.len());
}

#[test]
fn nothing_stalls_and_a_seed_replays() {
    for seed in 0..60 {
        let first = carry(seed);
        if seed < 10 {
            assert_eq!(first, carry(seed));
        }
    }
}

impl<T> Io<T> {
    fn is_again(&self) -> bool {
        matches!(self, Self::Again)
    }
    fn done(self) -> Option<T> {
        match self {
            Self::Done(it) => Some(it),
            _ => None,
        }
    }
}

#[test]
fn datagrams_stay_whole_and_come_from_whom_they_are_asked_of() {
    let server: Addr = Addr::parse("10.0.2.1:53").unwrap();
    let stranger: Addr = Addr::parse("10.0.2.2:53").unwrap();
    let net = SimNet::new(5);
    let mut near = net.connect_datagram(&server);
    let mut buf = [0; 10];
    near.send(b"lost");
    assert_eq!(near.recv(&mut buf, false), Io::Fail(Errno::REFUSED), "there is no server");
    let (mut far, mut other) = (net.bind_datagram(server), net.bind_datagram(stranger));
    near.send(b"one");
    near.send(b"two");
    let (mut got, mut from) = (Vec::new(), None);
    for _ in 0..1000 {
        net.wait(&mut Vec::new(), Some(1));
        if let Io::Done((n, addr)) = far.recv_from(&mut buf) {
            got.push(buf[..n].to_vec());
            from = Some(addr);
        }
    }
    got.sort();
    assert_eq!(got, [b"one", b"two"]);
    let near_addr = from.unwrap();
    assert_eq!(near_addr, near.local_addr());
    other.send_to(&near_addr, b"forged");
    far.send_to(&near_addr, b"a longer answer");
    let mut heard = Vec::new();
    for _ in 0..1000 {
        net.wait(&mut Vec::new(), Some(1));
        if let Io::Done(n) = near.recv(&mut buf, false) {
            heard.push(buf[..n].to_vec());
        }
    }
    assert_eq!(heard, [b"a longer a"], "cut to the buffer, and the stranger's is dropped");
}

#[test]
fn a_reset_behind_an_end_is_told_by_writing_alone() {
    let net = SimNet::with_faults(1, Faults::none());
    let (_listener, mut near, mut far) = pair(&net);
    let until =
        |is: &mut dyn FnMut() -> bool| assert!((0..50).any(|_| wait(&net).is_empty() && is()));
    assert_eq!(near.send(b"abc"), Io::Done(3));
    until(&mut || far.recv(&mut [0; 8], false) == Io::Done(3) && far.is_in_doubt());
    until(&mut || !far.is_in_doubt());
    let told = near.delivery();
    assert_eq!((told.sent, told.acknowledged, told.outstanding, told.closed), (3, 3, 0, false));
    drop(far);
    until(&mut || near.recv(&mut [0; 8], true) == Io::Eof);
    assert_eq!(near.send(b"defg"), Io::Done(4));
    until(&mut || near.delivery().closed);
    let told = near.delivery();
    assert_eq!((told.sent, told.acknowledged, told.outstanding), (7, 3, 4));
    assert_eq!(near.recv(&mut [0; 8], false), Io::Eof);
    assert_eq!(near.take_error(), Some(Errno::PIPE));
}

#[test]
fn an_end_acknowledges_what_had_arrived_and_a_reset_nothing() {
    for resets in [false, true] {
        let net = SimNet::with_faults(1, Faults { ack_ms: 1 << 40, ..Faults::none() });
        let (_listener, mut near, mut far) = pair(&net);
        assert_eq!(near.send(b"abc"), Io::Done(3));
        while far.recv(&mut [0; 8], false) != Io::Done(3) {
            wait(&net);
        }
        if resets {
            far.reset_on_close();
        }
        drop(far);
        while near.recv(&mut [0; 8], true) == Io::Again {
            wait(&net);
        }
        assert_eq!(near.delivery().acknowledged, if resets { 0 } else { 3 });
    }
}

//! Ports that no other block, and no other run on this machine, is using.
//!
//! Each run takes a range below the ephemeral ports and keeps a socket on its first port, so that
//! runs side by side see that it is taken. Inside the range no port is given out again before all
//! the others were.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, OnceLock};

const FIRST: u16 = 10_000;
const LAST: u16 = 32_000;
const RANGE: u16 = 1_000;

struct Ports {
    base: u16,
    next: u16,
    _claim: TcpListener,
}

/// A free port.
pub fn free() -> Result<u16, String> {
    static PORTS: OnceLock<Option<Mutex<Ports>>> = OnceLock::new();
    let ports = PORTS.get_or_init(claim).as_ref().ok_or("no free range of ports")?;
    let mut ports = ports.lock().map_err(|_| "ports: lock is poisoned")?;
    for _ in 0..RANGE {
        let port = ports.base + ports.next;
        ports.next = ports.next % (RANGE - 1) + 1;
        // The wildcard address, as a server that listens on a bare port does.
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no free port".to_owned())
}

fn claim() -> Option<Mutex<Ports>> {
    (FIRST..LAST).step_by(RANGE as usize).find_map(|base| {
        let claim = TcpListener::bind((Ipv4Addr::LOCALHOST, base)).ok()?;
        Some(Mutex::new(Ports { base, next: 1, _claim: claim }))
    })
}

//! The reactor alone, around the smallest host: whatever clients send comes back to them.

use std::collections::HashMap;

use peerage::base::ids::ConnId;
use peerage::base::rng::Rng;
use peerage::event::{Host, Reactor, Side, listen, turn};
use peerage::handler;
use peerage::os::addr::Addr;
use peerage::os::net::{Driver, Io, Socket};
use peerage::os::sim::{Faults, SimNet};

use crate::wire::Wire;

struct Echo {
    event: Reactor<Self>,
    owed: HashMap<ConnId, Vec<u8>>,
}

impl Host for Echo {
    type Owner = ();
    type Job = ();
    fn event(&mut self) -> &mut Reactor<Self> {
        &mut self.event
    }
    fn run(&mut self, (): ()) {}
    fn reap(&mut self) {}
}

fn rest(_: &mut Echo, _: ConnId) {}

fn accept(w: &mut Echo, id: ConnId) {
    if w.event.conns[id].read.timedout {
        listen::resume(&mut w.event, id);
        return;
    }
    if let listen::Accepted::Client(socket, _) = listen::accept(w, id) {
        let id = w.event.add(socket, (), handler!(echo), handler!(flush)).unwrap();
        w.event.arm(id, Side::Read, 5000);
        w.owed.insert(id, Vec::new());
    }
}

fn echo(w: &mut Echo, id: ConnId) {
    if w.event.conns[id].read.timedout {
        return close(w, id);
    }
    let mut buf = [0; 64];
    // One buffer, then others' turn; and none while the last is still owed.
    if !w.owed[&id].is_empty() {
        return;
    }
    match w.event.recv(id, &mut buf) {
        Io::Done(n) => {
            w.event.arm(id, Side::Read, 5000);
            w.owed.get_mut(&id).unwrap().extend(&buf[..n]);
            flush(w, id);
        }
        Io::Again => {}
        Io::Eof | Io::Fail(_) => close(w, id),
    }
}

fn flush(w: &mut Echo, id: ConnId) {
    let owed = w.owed.get_mut(&id).unwrap();
    while !owed.is_empty() {
        match w.event.send(id, owed) {
            Io::Done(n) => drop(owed.drain(..n)),
            Io::Again => return,
            Io::Eof | Io::Fail(_) => return close(w, id),
        }
    }
    if w.event.conns[id].read.ready {
        w.event.post(id, Side::Read);
    }
}

fn close(w: &mut Echo, id: ConnId) {
    w.owed.remove(&id);
    w.event.close(id);
}

/// Runs one seed. The digest of what happened.
pub fn run(seed: u64) -> Result<u64, String> {
    let mut rng = Rng::new(seed);
    let lossy = rng.one_in(2);
    let mut faults = Faults { no_files: 20 * u64::from(lossy), ..Faults::rough() };
    if lossy {
        (faults.reset, faults.close, faults.jump, faults.jump_ms) = (300, 300, 400, 9000);
    }
    let net = SimNet::with_faults(rng.word(), faults);
    let mut w = Echo { event: Reactor::new(Driver::Sim(net.clone()), 6), owed: HashMap::new() };
    let addr = Addr::parse("10.0.0.1:80").ok_or("an address")?;
    let listener = Socket::Sim(net.listen(addr.clone()));
    w.event.add_level(listener, (), handler!(accept), handler!(rest)).map_err(|e| e.to_string())?;
    let mut clients: Vec<(Wire, Vec<u8>)> = Vec::new();
    let mut left = 30;
    for _ in 0..100_000 {
        turn(&mut w);
        w.event.check()?;
        if w.event.conns.len() > 6 {
            return Err(format!("{} connections", w.event.conns.len()));
        }
        if left > 0 && clients.len() < 8 && rng.one_in(8) {
            left -= 1;
            let mut wire = Wire::new(net.dial(&addr).map_err(|e| e.to_string())?, &mut rng);
            let text: Vec<u8> = (0..rng.below(400)).map(|n| (n % 251) as u8).collect();
            wire.out.extend(&text);
            clients.push((wire, text));
        }
        let mut at = 0;
        while at < clients.len() {
            let (wire, text) = &mut clients[at];
            wire.pump(true);
            let over = wire.eof || wire.broken;
            if !text.starts_with(&wire.input) {
                return Err("other bytes came back".into());
            }
            if !over && wire.input.len() < text.len() && !rng.one_in(9000) {
                at += 1;
                continue;
            }
            clients.swap_remove(at);
        }
        if left == 0 && clients.is_empty() && w.event.conns.len() == 1 {
            // The timers that were only cancelled lazily run out.
            return match w.owed.is_empty() && w.event.timers() == 0 {
                true => Ok(net.digest()),
                false => Err("something is left over".into()),
            };
        }
    }
    Err(format!("stalled: {} clients, {} connections", clients.len(), w.event.conns.len()))
}

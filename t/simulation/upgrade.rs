//! Upgraded connections: both sides say what they like, when they like, and shut their sending side at any time. What
//! one said reaches the other in order, whole where no connection was lost, and little of it waits in the worker
//! meanwhile.

use peerage::base::rng::Rng;
use peerage::event::turn;
use peerage::handler;
use peerage::http::conf::ListenIndex;
use peerage::http::conf::load::parse_text;
use peerage::logs::access::AccessLogs;
use peerage::modules;
use peerage::os::addr::Addr;
use peerage::os::net::{Driver, Io, Socket};
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::serve::accept;
use peerage::worker::{Owner, Worker, rest};

use crate::check;

const CONF: &str = "events {} http { access_log off;
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://10.0.1.1:80; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; } } }";

const ANSWER: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

/// What of one direction may wait in the worker: a read, and the head before it.
const MOST: usize = (16 << 10) + 1024;

const TURNS: u32 = 20_000;

/// The byte at a place of what one side of a connection says: no two sides say the same.
fn said(talk: u32, by: By, at: usize) -> u8 {
    let side = if by == By::Client { 0 } else { 101 };
    (at as u32).wrapping_mul(2_654_435_761).rotate_left(7).wrapping_add(talk * 37 + side) as u8
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Client,
    Server,
}

/// One end of an upgraded connection.
struct Party {
    socket: SimSocket,
    by: By,
    talk: u32,
    /// The head that it sends first, as far as it has not gone.
    unsent: Vec<u8>,
    /// The head of the other that is still to come whole.
    head: Option<Vec<u8>>,
    /// Bytes that it says, and how many of them it has sent.
    length: usize,
    sent: usize,
    /// Bytes of the other that have come.
    heard: usize,
    /// It shuts its sending side after this number of bytes, or at the end of the other side.
    hears: usize,
    finished: bool,
    heard_end: bool,
    ended: bool,
}

/// What the two sides of a connection are to say.
#[derive(Clone, Copy)]
struct Talk {
    up: usize,
    down: usize,
    /// Which side ends first, when it has heard all. Without one each side ends when it has said all.
    ends: Option<By>,
}

impl Party {
    fn new(socket: SimSocket, by: By) -> Self {
        let head = Some(Vec::new());
        let (talk, unsent) = (0, Vec::new());
        let (length, sent, heard, hears) = (0, 0, 0, 0);
        let (finished, heard_end, ended) = (false, false, false);
        Self {
            socket,
            by,
            talk,
            unsent,
            head,
            length,
            sent,
            heard,
            hears,
            finished,
            heard_end,
            ended,
        }
    }

    /// Which talk it is part of is known.
    fn join(&mut self, number: u32, talk: Talk) {
        self.talk = number;
        let (own, others) = match self.by {
            By::Client => (talk.up, talk.down),
            By::Server => (talk.down, talk.up),
        };
        self.length = own;
        self.hears = match talk.ends {
            None => 0,
            Some(by) if by == self.by => others,
            Some(_) => usize::MAX,
        };
        self.unsent = match self.by {
            By::Server => ANSWER.to_vec(),
            By::Client => {
                format!("GET /{number} HTTP/1.1\r\nHost: sim\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
                    .into_bytes()
            }
        };
    }

    fn turn(&mut self, rng: &mut Rng, talks: &[Talk]) -> Result<(), String> {
        if self.ended || rng.one_in(3) {
            return Ok(());
        }
        if !self.heard_end {
            self.listen(rng, talks)?;
        }
        if !self.unsent.is_empty() {
            let sent = self.socket.send(&self.unsent);
            if let Some(n) = self.went(sent) {
                self.unsent.drain(..n);
            }
        }
        if self.finished || self.head.is_some() || !self.unsent.is_empty() {
            return Ok(());
        }
        let end = self.length.min(self.sent + 1 + rng.below(20_000) as usize);
        let bytes: Vec<u8> = (self.sent..end).map(|at| said(self.talk, self.by, at)).collect();
        let sent = self.socket.send(&bytes);
        self.sent += self.went(sent).unwrap_or(0);
        if self.sent == self.length && (self.heard_end || self.heard >= self.hears) {
            self.finished = true;
            self.ended |= self.heard_end;
            self.socket.shutdown_write();
        }
        Ok(())
    }

    fn went(&mut self, sent: Io) -> Option<usize> {
        match sent {
            Io::Done(n) => Some(n),
            Io::Again => None,
            Io::Eof | Io::Fail(_) => {
                self.ended = true;
                None
            }
        }
    }

    fn listen(&mut self, rng: &mut Rng, talks: &[Talk]) -> Result<(), String> {
        let mut buf = vec![0; 1 + rng.below(20_000) as usize];
        let got = self.socket.recv(&mut buf, false);
        if got == Io::Eof {
            self.heard_end = true;
            self.ended |= self.finished || self.head.is_some();
            return Ok(());
        }
        let Some(n) = self.went(got) else { return Ok(()) };
        let mut bytes = buf[..n].to_vec();
        if let Some(head) = &mut self.head {
            head.append(&mut bytes);
            let Some(end) = memchr::memmem::find(head, b"\r\n\r\n") else { return Ok(()) };
            bytes = head.split_off(end + 4);
            let head = self.head.take().unwrap_or_default();
            if self.by == By::Server {
                let number = number(&head).ok_or("a request of no client")?;
                self.join(number, talks[number as usize]);
            } else if !head.starts_with(b"HTTP/1.1 101 ") {
                // A server that could not be reached, or was lost before it had answered.
                self.ended = true;
                return Ok(());
            }
        }
        let other = if self.by == By::Client { By::Server } else { By::Client };
        for byte in bytes {
            if byte != said(self.talk, other, self.heard) {
                return Err(format!("talk {}: {:?} heard a wrong byte", self.talk, self.by));
            }
            self.heard += 1;
        }
        Ok(())
    }
}

/// `GET /17 HTTP/1.1…`
fn number(head: &[u8]) -> Option<u32> {
    std::str::from_utf8(head).ok()?.strip_prefix("GET /")?.split(' ').next()?.parse().ok()
}

pub fn calm(seed: u64) -> Result<u64, String> {
    run(seed, false)
}

pub fn hostile(seed: u64) -> Result<u64, String> {
    run(seed, true)
}

fn run(seed: u64, hostile: bool) -> Result<u64, String> {
    let mut rng = Rng::new(seed ^ 0x0075_6772 << 20);
    // Through a narrow window much takes long.
    let (bits, windows) = match rng.below(3) {
        0 => (7, vec![1, 16, 100]),
        1 => (13, vec![100, 4096, 1 << 16]),
        _ => (18, vec![1 << 14, 1 << 16, 1 << 18]),
    };
    let mut faults = Faults { step_ms: 20, windows, ..Faults::rough() };
    if hostile {
        (faults.reset, faults.close, faults.refuse) = (200, 200, 20);
    }
    let net = SimNet::with_faults(rng.word(), faults);
    let mut w = worker(&net)?;
    let listener = net.listen(Addr::parse("10.0.1.1:80").ok_or("an address")?);
    let front = Addr::parse("10.0.0.1:80").ok_or("an address")?;
    let talks: Vec<Talk> = (0..6).map(|_| draw(&mut rng, bits)).collect();
    let mut clients = Vec::new();
    for (talk, number) in talks.iter().zip(0..) {
        let socket = net.dial(&front).map_err(|e| format!("dial: {e}"))?;
        let mut client = Party::new(socket, By::Client);
        client.join(number, *talk);
        clients.push(client);
    }
    let servers = play(&mut w, &mut rng, listener, &mut clients, &talks)?;
    if !hostile {
        judge(&clients, &servers, &talks)?;
    }
    drop((clients, servers));
    for _ in 0..200 {
        turn(&mut w);
        check::all(&mut w)?;
    }
    let tasks = w.requests.len() + w.upstreams.len();
    match w.event.conns.len() == w.listeners.len() && tasks == 0 {
        true => Ok(net.digest()),
        false => Err(format!("left over\n{}", check::census(&w))),
    }
}

/// Lengths below 2^`bits`.
fn draw(rng: &mut Rng, bits: u64) -> Talk {
    let mut length = || {
        let bits = rng.below(bits + 1);
        rng.below(1 << bits) as usize
    };
    let (up, down) = (length(), length());
    let ends = [None, Some(By::Client), Some(By::Server)][rng.below(3) as usize];
    Talk { up, down, ends }
}

/// Until everybody has ended. Returned are the servers' sides.
fn play(
    w: &mut Worker,
    rng: &mut Rng,
    mut listener: SimSocket,
    clients: &mut [Party],
    talks: &[Talk],
) -> Result<Vec<Party>, String> {
    let mut servers: Vec<Party> = Vec::new();
    let mut graveyard = check::Graveyard::default();
    for _ in 0..TURNS {
        turn(w);
        check::all(w)?;
        graveyard.turn(w)?;
        check_memory(w)?;
        while let Io::Done((socket, _)) = listener.accept() {
            servers.push(Party::new(socket, By::Server));
        }
        for party in clients.iter_mut().chain(&mut servers) {
            party.turn(rng, talks)?;
        }
        if clients.iter().chain(&servers).all(|party| party.ended) && w.channels.is_empty() {
            return Ok(servers);
        }
    }
    Err(format!("stalled\n{}", check::census(w)))
}

/// Both sides have heard all.
fn judge(clients: &[Party], servers: &[Party], talks: &[Talk]) -> Result<(), String> {
    for (client, talk) in clients.iter().zip(talks) {
        let same = |server: &&Party| server.head.is_none() && server.talk == client.talk;
        let server = servers.iter().find(same).ok_or("a talk did not reach its server")?;
        let (heard, said) = ((server.heard, client.heard), (talk.up, talk.down));
        if heard != said {
            let number = client.talk;
            return Err(format!(
                "talk {number}, {:?}: {heard:?} were heard of {said:?}",
                talk.ends
            ));
        }
    }
    Ok(())
}

fn check_memory(w: &Worker) -> Result<(), String> {
    let out = w.upstreams.iter().map(|(_, task)| task.out.len()).max().unwrap_or(0);
    let outbox = w.channels.iter().map(|(_, it)| it.outbox.memory()).max().unwrap_or(0);
    match out.max(outbox) > MOST {
        true => Err(format!("{out} bytes wait for a server, {outbox} for a client")),
        false => Ok(()),
    }
}

fn worker(net: &SimNet) -> Result<Worker, String> {
    let conf = Box::leak(Box::new(parse_text(CONF).map_err(|e| e.to_string())?.conf));
    let pipeline = Box::leak(Box::new(modules::pipeline(conf)));
    let mut w = Worker::new(conf, pipeline, Driver::Sim(net.clone()), AccessLogs::default());
    let socket = Socket::Sim(net.listen(conf.http.listens[0].addr.clone()));
    let accept = handler!(accept::accept);
    let owner = Owner::Listener(ListenIndex(0));
    let id = w.event.add_level(socket, owner, accept, handler!(rest));
    w.listeners.push(id.map_err(|e| e.to_string())?);
    Ok(w)
}

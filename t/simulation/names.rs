//! A name server that is slow, forgetful, wrong, and lied about, but in a calm world always right in the end.

use peerage::base::rng::Rng;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{SimNet, SimSocket};

use crate::setup::server_addr;
use crate::wire::Wire;

pub const NAME_SERVER: &str = "10.0.2.1:53";

const A: u16 = 1;
const CNAME: u16 = 5;
const SRV: u16 = 33;

pub struct NameServer {
    udp: SimSocket,
    tcp: SimSocket,
    streams: Vec<Wire>,
    /// Answers that wait for their time.
    late: Vec<(u64, Addr, Vec<u8>)>,
    hostile: bool,
    /// Servers that its names come to.
    servers: usize,
    /// From now on everything is right at once, and holds for a long time.
    settled: bool,
    pub asked: u64,
}

impl NameServer {
    pub fn new(net: &SimNet, hostile: bool, servers: usize) -> Option<Self> {
        let addr = Addr::parse(NAME_SERVER)?;
        Some(Self {
            udp: net.bind_datagram(addr.clone()),
            tcp: net.listen(addr),
            streams: Vec::new(),
            late: Vec::new(),
            hostile,
            servers,
            settled: false,
            asked: 0,
        })
    }

    pub fn settle(&mut self) {
        self.settled = true;
    }

    pub fn turn(&mut self, rng: &mut Rng, now: u64) {
        let mut buffer = [0; 1000];
        while let Io::Done((n, from)) = self.udp.recv_from(&mut buffer) {
            for (after, reply) in self.replies(&buffer[..n], false, rng) {
                self.late.push((now + after, from.clone(), reply));
            }
        }
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|it| it.0 <= now);
        self.late = later;
        let due: Vec<(u64, Addr, Vec<u8>)> = due;
        for (_, to, reply) in due {
            self.udp.send_to(&to, &reply);
        }
        while let Io::Done((socket, _)) = self.tcp.accept() {
            self.streams.push(Wire::new(socket, rng));
        }
        for mut wire in std::mem::take(&mut self.streams) {
            wire.pump(true);
            let length = wire.input.first_chunk().map(|word| u16::from_be_bytes(*word));
            if length.is_some_and(|length| wire.input.len() >= usize::from(length) + 2) {
                let query: Vec<u8> = wire.input.drain(..).skip(2).collect();
                for (_, reply) in self.replies(&query, true, rng).into_iter().rev().take(1) {
                    wire.out.extend((reply.len() as u16).to_be_bytes());
                    wire.out.extend(reply);
                }
                wire.pump(false);
            }
            let leaves = self.hostile && !self.settled && rng.one_in(20);
            if !wire.broken && !wire.eof && !leaves {
                self.streams.push(wire);
            }
        }
    }

    /// What is said to a question, and after how long: some forgeries first.
    fn replies(&mut self, query: &[u8], tcp: bool, rng: &mut Rng) -> Vec<(u64, Vec<u8>)> {
        self.asked += 1;
        let Some(end) = query.iter().skip(12).position(|&byte| byte == 0) else { return vec![] };
        let Some(question) = query.get(12..12 + end + 5) else { return vec![] };
        let kind = u16::from_be_bytes([question[end + 1], question[end + 2]]);
        let id = [query[0], query[1]];
        let name = &question[..=end];
        let free = !self.settled;
        let hostile = self.hostile && free;
        let mut replies = Vec::new();
        if hostile && rng.one_in(6) {
            return replies;
        }
        if free && rng.one_in(3) {
            // Another id, or another name; both with addresses that must not be believed.
            let wrong_id = [id[0] ^ 1, id[1]];
            let record = record(name, A, 9999, &[10, 0, 9, 9]);
            replies.push((rng.below(50), message(wrong_id, 0, question, &[record])));
            let mut other = question.to_vec();
            other[1] ^= 1;
            let record = self::record(&other[..=end], A, 9999, &[10, 0, 9, 9]);
            replies.push((rng.below(50), message(id, 0, &other, &[record])));
        }
        let after = if free { rng.below(if hostile { 9000 } else { 1500 }) } else { 0 };
        let (code, answers) = self.answers(name, kind, hostile, rng);
        let cut = !tcp && (answers.len() > 30 || free && rng.one_in(8));
        let flags = code | if cut { 0x0200 } else { 0 };
        let answers = if cut { vec![] } else { answers };
        let mut reply = message(id, flags, question, &answers);
        if hostile && rng.one_in(10) {
            let at = rng.below(reply.len() as u64) as usize;
            reply[at] = rng.word() as u8;
        }
        replies.push((after, reply));
        replies
    }

    fn answers(&self, name: &[u8], kind: u16, hostile: bool, rng: &mut Rng) -> (u16, Vec<Vec<u8>>) {
        let free = !self.settled;
        let ttl = if free { rng.below(3) as u32 } else { 86_400 };
        if hostile && rng.one_in(8) {
            return ([2, 3, 5, 0][rng.below(4) as usize], vec![]);
        }
        if kind == SRV {
            let mut all = Vec::new();
            for at in 0..1 + rng.below(3) {
                let (priority, weight) = (rng.below(2) as u8, rng.below(9) as u8);
                let mut data = vec![0, priority, 0, weight, 0, 80];
                data.extend(wire_name(&format!("target{at}.test")));
                all.push(record(name, SRV, ttl, &data));
            }
            return (0, all);
        }
        let mut answers = Vec::new();
        let mut owner = name.to_vec();
        if free && rng.one_in(4) {
            let target = match hostile && rng.one_in(3) {
                // A loop, of one or of more.
                true => ["loop.test", "pool.test"][usize::from(name.starts_with(b"\x04loop"))],
                false => "alias.test",
            };
            if !name.starts_with(b"\x05alias") {
                let target = wire_name(target);
                answers.push(record(&owner, CNAME, ttl, &target));
                owner = target;
            }
            if !answers.is_empty() && rng.one_in(2) {
                // It does not say more: the resolver asks again.
                return (0, answers);
            }
        }
        if kind == A {
            let all = self.servers as u64;
            let first = rng.below(all);
            for at in 0..1 + rng.below(all) {
                let addr = server_addr(((first + at) % all) as usize);
                let last = addr.split(['.', ':']).nth(3).and_then(|byte| byte.parse().ok());
                answers.push(record(&owner, A, ttl, &[10, 0, 1, last.unwrap_or(1)]));
            }
            if hostile && rng.one_in(10) {
                let absent = |at: u16| {
                    let [a, b] = at.to_be_bytes();
                    record(&owner, A, ttl, &[10, 9, a, b])
                };
                answers.extend((0..1000).map(absent));
            }
        }
        (0, answers)
    }
}

fn message(id: [u8; 2], flags: u16, question: &[u8], answers: &[Vec<u8>]) -> Vec<u8> {
    let mut out = id.to_vec();
    for word in [0x8180 | flags, 1, answers.len() as u16, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend(question);
    answers.iter().for_each(|record| out.extend(record));
    out
}

fn record(name: &[u8], kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let mut out = name.to_vec();
    out.extend(kind.to_be_bytes());
    out.extend(1u16.to_be_bytes());
    out.extend(ttl.to_be_bytes());
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
    out
}

fn wire_name(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.') {
        out.push(label.len() as u8);
        out.extend(label.bytes());
    }
    out.push(0);
    out
}

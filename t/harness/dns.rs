//! A name server for a block: what it answers is a table, one record or manner a line.
//!
//! `NAME A 127.0.0.1`, `NAME AAAA ::1`, `NAME CNAME NAME`, `NAME SRV PRIORITY WEIGHT PORT NAME`, each with
//! `ttl=SECONDS` (60) and `count=N` (N consecutive addresses); `NAME code N`; `NAME silent`;
//! `NAME delay SECONDS`; `NAME truncated` (over UDP); `NAME forged` (answers to other questions come first);
//! `NAME waits OTHER N`: for N more questions of that other name (over UDP).
//! `from=N`, `to=N`: only for questions number N and later, or up to N, of that name and type; `after=OTHER`,
//! `until=OTHER`: since the first question of that other name, or before it. Other names do not exist.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(5);
const TYPES: [(&str, u16); 4] = [("A", 1), ("CNAME", 5), ("AAAA", 28), ("SRV", 33)];

#[derive(Clone)]
pub struct Dns {
    lines: Arc<Vec<Line>>,
    asked: Arc<Mutex<BTreeMap<(String, u16), u32>>>,
    /// `NAME TYPE N` for every question.
    heard: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Line {
    name: String,
    kind: String,
    data: Vec<Vec<u8>>,
    number: f64,
    /// Of `waits`.
    other: String,
    ttl: u32,
    from: u32,
    to: u32,
    after: Option<String>,
    until: Option<String>,
}

/// An answer, and when it is sent.
struct Reply {
    delay: Duration,
    /// A name, and how many questions of it there are to be before.
    awaited: Option<(String, u32)>,
    bytes: Vec<u8>,
}

impl Reply {
    fn now(bytes: Vec<u8>) -> Self {
        Self { delay: Duration::ZERO, awaited: None, bytes }
    }
}

struct Question {
    id: [u8; 2],
    /// Name, type and class as they came.
    bytes: Vec<u8>,
    name: String,
    kind: u16,
}

impl Dns {
    pub fn new(
        table: &str,
        heard: Arc<Mutex<Vec<u8>>>,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, String> {
        let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines = lines.map(|line| Line::parse(line).ok_or_else(|| format!("dns: {line}")));
        let lines = Arc::new(lines.collect::<Result<_, _>>()?);
        Ok(Self { lines, asked: Arc::default(), heard, stop })
    }

    /// Over UDP and TCP at the same port.
    pub fn serve(self, at: &str) -> Result<Vec<thread::JoinHandle<()>>, String> {
        let fail = |e: std::io::Error| format!("dns_listen {at}: {e}");
        let udp = UdpSocket::bind(at).map_err(fail)?;
        let tcp = TcpListener::bind(at).map_err(fail)?;
        udp.set_read_timeout(Some(POLL)).map_err(fail)?;
        tcp.set_nonblocking(true).map_err(fail)?;
        let other = self.clone();
        let datagrams = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !other.stop.load(Ordering::Relaxed) {
                let Ok((n, peer)) = udp.recv_from(&mut buffer) else { continue };
                for Reply { delay, awaited, bytes } in other.replies(&buffer[..n], false) {
                    let dns = other.clone();
                    match udp.try_clone() {
                        Ok(udp) if !delay.is_zero() || awaited.is_some() => {
                            drop(thread::spawn(move || {
                                thread::sleep(delay);
                                dns.await_questions(awaited);
                                let _ = udp.send_to(&bytes, peer);
                            }))
                        }
                        _ => drop(udp.send_to(&bytes, peer)),
                    }
                }
            }
        });
        let streams = thread::spawn(move || {
            while !self.stop.load(Ordering::Relaxed) {
                match tcp.accept() {
                    Ok((stream, _)) => drop(self.stream(stream)),
                    Err(_) => thread::sleep(POLL),
                }
            }
        });
        Ok(vec![datagrams, streams])
    }

    fn stream(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut query)?;
        for Reply { bytes, .. } in self.replies(&query, true) {
            stream.write_all(&(bytes.len() as u16).to_be_bytes())?;
            stream.write_all(&bytes)?;
        }
        Ok(())
    }

    fn replies(&self, query: &[u8], tcp: bool) -> Vec<Reply> {
        let Some(question) = Question::read(query) else { return vec![] };
        let number = self.count(&question);
        let own: Vec<&Line> = self.lines.iter().filter(|line| line.name == question.name).collect();
        let was_asked = |name: &String| self.questions(name) > 0;
        let now = |line: &&&Line| {
            (line.from..=line.to).contains(&number)
                && line.after.as_ref().is_none_or(was_asked)
                && !line.until.as_ref().is_some_and(was_asked)
        };
        let manner = |kind: &str| own.iter().filter(now).find(|line| line.kind == kind);
        if manner("silent").is_some() {
            return vec![];
        }
        let delay = Duration::from_secs_f64(manner("delay").map_or(0.0, |line| line.number));
        let code = match manner("code") {
            Some(line) => line.number as u16,
            None => {
                if own.is_empty() {
                    3
                } else {
                    0
                }
            }
        };
        let truncated = !tcp && manner("truncated").is_some();
        let mut answers: Vec<Vec<u8>> = Vec::new();
        let mut name = question.name.clone();
        // As a server that looks further does: the aliases, then what they come to.
        for _ in 0..20 {
            let own: Vec<&Line> = self.lines.iter().filter(|line| line.name == name).collect();
            for line in own.iter().filter(now) {
                if type_of(&line.kind) == Some(question.kind) {
                    answers.extend(line.records(&name));
                }
            }
            let alias = own.iter().filter(now).find(|line| line.kind == "CNAME");
            let Some(alias) = alias.filter(|_| answers.iter().all(|it| it.len() > 2)) else {
                break;
            };
            answers.extend(alias.records(&name));
            name = dotted(&alias.data[0]);
        }
        if truncated {
            answers.clear();
        }
        let awaited = manner("waits")
            .map(|line| (line.other.clone(), self.questions(&line.other) + line.number as u32));
        let bytes = question.reply(code, truncated, &answers);
        let mut replies = vec![Reply { delay, awaited, bytes }];
        if manner("forged").is_some() {
            let forged = Line::parse(&format!("{} A 127.0.0.66", question.name));
            let forged: Vec<Vec<u8>> =
                forged.iter().flat_map(|line| line.records(&question.name)).collect();
            let other = Question { id: [!question.id[0], question.id[1]], ..question.copy() };
            replies.insert(0, Reply::now(other.reply(0, false, &forged)));
            let mut other = question.copy();
            other.bytes[1] ^= 1;
            replies.insert(0, Reply::now(other.reply(0, false, &forged)));
        }
        replies
    }

    /// How many there were of a name.
    fn questions(&self, name: &str) -> u32 {
        let Ok(asked) = self.asked.lock() else { return 0 };
        asked.iter().filter(|((it, _), _)| it == name).map(|(_, times)| times).sum()
    }

    /// Waits until the name was asked for the given number of times.
    fn await_questions(&self, awaited: Option<(String, u32)>) {
        let Some((name, times)) = awaited else { return };
        while self.questions(&name) < times && !self.stop.load(Ordering::Relaxed) {
            thread::sleep(POLL);
        }
    }

    /// The so-manyeth question of its kind.
    fn count(&self, question: &Question) -> u32 {
        let Ok(mut asked) = self.asked.lock() else { return 0 };
        let number = asked.entry((question.name.clone(), question.kind)).or_default();
        *number += 1;
        let number = *number;
        if let Ok(mut heard) = self.heard.lock() {
            heard.clear();
            for ((name, kind), times) in asked.iter() {
                let kind = TYPES.iter().find(|(_, known)| known == kind).map_or("?", |it| it.0);
                heard.extend(format!("{name} {kind} {times}\n").bytes());
            }
        }
        number
    }
}

fn type_of(word: &str) -> Option<u16> {
    TYPES.iter().find(|(name, _)| *name == word).map(|&(_, kind)| kind)
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let mut it = Self {
            name: String::new(),
            kind: String::new(),
            data: vec![],
            number: 0.0,
            other: String::new(),
            ttl: 60,
            from: 1,
            to: u32::MAX,
            after: None,
            until: None,
        };
        let (mut words, mut count) = (Vec::new(), 1);
        for word in line.split_whitespace() {
            match word.split_once('=') {
                Some(("ttl", value)) => it.ttl = value.parse().ok()?,
                Some(("from", value)) => it.from = value.parse().ok()?,
                Some(("to", value)) => it.to = value.parse().ok()?,
                Some(("after", value)) => it.after = Some(value.to_ascii_lowercase()),
                Some(("until", value)) => it.until = Some(value.to_ascii_lowercase()),
                Some(("count", value)) => count = value.parse().ok()?,
                _ => words.push(word),
            }
        }
        it.name = words.first()?.to_ascii_lowercase();
        it.kind = (*words.get(1)?).to_owned();
        match (it.kind.as_str(), &words[2..]) {
            ("A" | "AAAA", [addr]) => {
                let addr: IpAddr = addr.parse().ok()?;
                it.data = (0..count).map(|n| after(addr, n)).collect();
            }
            ("CNAME", [name]) => it.data = vec![wire(name)],
            ("SRV", [numbers @ .., name]) if numbers.len() == 3 => {
                let mut data = Vec::new();
                for number in numbers {
                    data.extend(number.parse::<u16>().ok()?.to_be_bytes());
                }
                data.extend(wire(name));
                it.data = vec![data];
            }
            ("code" | "delay", [number]) => it.number = number.parse().ok()?,
            ("waits", [other, number]) => {
                it.other = other.to_ascii_lowercase();
                it.number = number.parse().ok()?;
            }
            ("silent" | "truncated" | "forged", []) => {}
            _ => return None,
        }
        Some(it)
    }

    fn records(&self, name: &str) -> Vec<Vec<u8>> {
        let record = |data: &Vec<u8>| {
            let mut out = wire(name);
            out.extend(type_of(&self.kind).unwrap_or(0).to_be_bytes());
            out.extend(1u16.to_be_bytes());
            out.extend(self.ttl.to_be_bytes());
            out.extend((data.len() as u16).to_be_bytes());
            out.extend(data);
            out
        };
        self.data.iter().map(record).collect()
    }
}

impl Question {
    fn read(query: &[u8]) -> Option<Self> {
        let mut at = 12;
        while *query.get(at)? != 0 {
            at += 1 + usize::from(query[at]);
        }
        let bytes = query.get(12..at + 5)?.to_vec();
        let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
        Some(Self { id: [query[0], query[1]], name: dotted(&bytes), bytes, kind })
    }

    fn copy(&self) -> Self {
        Self { bytes: self.bytes.clone(), name: self.name.clone(), ..*self }
    }

    fn reply(&self, code: u16, truncated: bool, answers: &[Vec<u8>]) -> Vec<u8> {
        let flags = 0x8180 | code | if truncated { 0x0200 } else { 0 };
        let mut out = self.id.to_vec();
        for word in [flags, 1, answers.len() as u16, 0, 0] {
            out.extend(word.to_be_bytes());
        }
        out.extend(&self.bytes);
        answers.iter().for_each(|record| out.extend(record));
        out
    }
}

fn after(addr: IpAddr, n: u32) -> Vec<u8> {
    match addr {
        IpAddr::V4(addr) => (u32::from(addr) + n).to_be_bytes().to_vec(),
        IpAddr::V6(addr) => (u128::from(addr) + u128::from(n)).to_be_bytes().to_vec(),
    }
}

fn wire(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(label.len() as u8);
        out.extend(label.bytes());
    }
    out.push(0);
    out
}

fn dotted(wire: &[u8]) -> String {
    let (mut labels, mut at) = (Vec::new(), 0);
    while let Some(&length) = wire.get(at).filter(|length| **length != 0) {
        let end = (at + 1 + usize::from(length)).min(wire.len());
        labels.push(String::from_utf8_lossy(&wire[at + 1..end]).to_ascii_lowercase());
        at = end;
    }
    labels.join(".")
}

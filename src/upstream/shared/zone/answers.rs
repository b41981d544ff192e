//! The last answer for each `server` line with `resolve`: workers that begin later start from its addresses, before
//! a name server answers them. Those are the workers of the next configuration, and one in place of a dead one.
//!
//! A seqlock for each line: its version names the worker that is writing an answer, and a reader that finds one, or the
//! version changed, has read nothing. A second writer gives way: what it has to say is as new as what is being
//! written. When a worker dies while it writes, the master takes its half-written answer away.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::os::Errno;
use crate::os::shm::{AtomicU64, Shared};
use crate::upstream::conf::{Resolve, ServerLine};
use crate::upstream::resolve::Found;

/// The answers for the lines of one group.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Their numbers in the group.
    lines: Arc<[(u16, Resolve)]>,
    /// Addresses of a line that there is room for; those behind them are not kept.
    most: usize,
    memory: Arc<Shared>,
}

/// Words of a line before its addresses: the version, and how many addresses there are and one more, 0 without an answer.
const HEAD: usize = 2;
/// The version: the row of the worker that is writing and one more, 0 if none is; above it, how often it was written.
const WRITER: u64 = (1 << 32) - 1;
const WRITTEN: u64 = 1 << 32;
/// Words of an address: its bits, and the rest.
const WIDTH: usize = 3;

/// The rest: the port, then the weight, then what they and the address are.
const WEIGHT: u32 = 16;
const HAS_PORT: u64 = 1 << 48;
const HAS_WEIGHT: u64 = 1 << 49;
const BACKUP: u64 = 1 << 50;
const V4: u64 = 1 << 51;

impl Answers {
    /// For the lines with `resolve`, if there are any; `room` is for the addresses of all of them.
    pub fn new(servers: &[ServerLine], room: usize) -> Result<Option<Self>, Errno> {
        let resolve = |(number, line): (u16, &ServerLine)| Some((number, line.resolve.clone()?));
        let lines: Arc<[_]> = (0..).zip(servers).filter_map(resolve).collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let most = room / lines.len();
        let memory = Arc::new(Shared::new(lines.len() * (HEAD + WIDTH * most))?);
        Ok(Some(Self { lines, most, memory }))
    }

    /// A name server has said to the worker of that row that the line comes to these.
    pub(super) fn tell(&self, row: usize, line: u16, found: &[Found]) {
        let Some([version, count, words @ ..]) = self.words(line) else { return };
        let Some(before) = self.begin(row, line) else { return };
        let found = &found[..found.len().min(self.most)];
        count.store(found.len() as u64 + 1, SeqCst);
        for (words, found) in words.chunks_exact(WIDTH).zip(found) {
            words.iter().zip(pack(found)).for_each(|(word, value)| word.store(value, SeqCst));
        }
        version.store(before.wrapping_add(WRITTEN), SeqCst);
    }

    /// The worker of that row begins to write: the version before. `None`: another is writing.
    pub(super) fn begin(&self, row: usize, line: u16) -> Option<u64> {
        let version = self.words(line)?.first()?;
        let before = version.load(SeqCst);
        let own = before | (row as u64 + 1);
        let is_free = before & WRITER == 0;
        (is_free && version.compare_exchange(before, own, SeqCst, SeqCst).is_ok()).then_some(before)
    }

    /// What it came to last. `None`: no answer is known.
    pub(super) fn last(&self, line: u16) -> Option<Vec<Found>> {
        let [version, count, words @ ..] = self.words(line)? else { return None };
        let before = version.load(SeqCst);
        if before & WRITER != 0 {
            return None;
        }
        let count = usize::try_from(count.load(SeqCst)).ok()?.checked_sub(1)?;
        let word = |word: &AtomicU64| word.load(SeqCst);
        let found = words.chunks_exact(WIDTH).take(count);
        let found = found.map(|words| unpack([word(&words[0]), word(&words[1]), word(&words[2])]));
        let found: Vec<Found> = found.collect();
        (version.load(SeqCst) == before).then_some(found)
    }

    /// The worker of that row is gone. A line that it was writing has no answer until the next.
    pub(super) fn settle(&self, row: usize) {
        for (line, _) in &*self.lines {
            let Some([version, count, ..]) = self.words(*line) else { continue };
            let now = version.load(SeqCst);
            // No other worker changes the line while it is so.
            if now & WRITER == row as u64 + 1 {
                count.store(0, SeqCst);
                version.store((now & !WRITER).wrapping_add(WRITTEN), SeqCst);
            }
        }
    }

    /// The answers that a former configuration had for the same names.
    pub(super) fn remember(&self, row: usize, former: &Self) {
        for (line, resolve) in &*self.lines {
            let same = |it: &&(u16, Resolve)| {
                (&it.1.host, &it.1.service) == (&resolve.host, &resolve.service)
            };
            let found = former.lines.iter().find(same).and_then(|(line, _)| former.last(*line));
            found.iter().for_each(|found| self.tell(row, *line, found));
        }
    }

    fn words(&self, line: u16) -> Option<&[AtomicU64]> {
        let at = self.lines.iter().position(|(number, _)| *number == line)?;
        let width = HEAD + WIDTH * self.most;
        self.memory.get(at * width..(at + 1) * width)
    }
}

fn pack(found: &Found) -> [u64; WIDTH] {
    let flag = |is: bool, flag: u64| if is { flag } else { 0 };
    let bits = match found.ip {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    let rest = u64::from(found.port.unwrap_or(0))
        | u64::from(found.weight.unwrap_or(0)) << WEIGHT
        | flag(found.port.is_some(), HAS_PORT)
        | flag(found.weight.is_some(), HAS_WEIGHT)
        | flag(found.backup, BACKUP)
        | flag(found.ip.is_ipv4(), V4);
    [(bits >> 64) as u64, bits as u64, rest]
}

fn unpack([high, low, rest]: [u64; WIDTH]) -> Found {
    let ip = match rest & V4 {
        0 => Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low)).into(),
        _ => std::net::Ipv4Addr::from_bits(low as u32).into(),
    };
    Found {
        ip,
        port: (rest & HAS_PORT != 0).then_some(rest as u16),
        weight: (rest & HAS_WEIGHT != 0).then_some((rest >> WEIGHT) as u32),
        backup: rest & BACKUP != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: Option<(&str, Option<&str>)>) -> ServerLine {
        let resolve = name.map(|(host, service)| Resolve {
            host: host.into(),
            port: 80,
            service: service.map(Into::into),
        });
        ServerLine { resolve, ..ServerLine::new(b"x", vec![]) }
    }

    fn answers(names: &[Option<(&str, Option<&str>)>], room: usize) -> Option<Answers> {
        let lines: Vec<ServerLine> = names.iter().map(|name| line(*name)).collect();
        Answers::new(&lines, room).unwrap()
    }

    fn found(ip: &str, port: Option<u16>) -> Found {
        Found {
            ip: ip.parse().unwrap(),
            port,
            weight: port.map(u32::from),
            backup: port == Some(1),
        }
    }

    #[test]
    fn the_last_answer_of_a_line_is_read_as_it_was_told() {
        assert!(answers(&[None], 64).is_none());
        let answers = answers(&[None, Some(("a", None)), Some(("b", Some("http")))], 6).unwrap();
        assert_eq!((answers.last(0), answers.last(1)), (None, None));
        let all = ["1.2.3.4", "::ffff:1.2.3.4", "2001:db8::1"].map(|ip| found(ip, None));
        answers.tell(3, 1, &all);
        let services = [found("::", Some(65_535)), found("255.255.255.255", Some(1))];
        answers.tell(3, 2, &services);
        assert_eq!(answers.last(1).as_deref(), Some(&all[..]));
        assert_eq!(answers.last(2).as_deref(), Some(&services[..]));
        answers.tell(3, 1, &[all[1], all[0], all[2], found("9.9.9.9", None)]);
        assert_eq!(answers.last(1).as_deref(), Some(&[all[1], all[0], all[2]][..]), "no room");
        answers.tell(3, 1, &[]);
        assert_eq!(answers.last(1), Some(vec![]), "there is no such name");
        answers.tell(3, 0, &all);
        assert_eq!(answers.last(0), None);
    }

    #[test]
    fn an_answer_that_is_being_written_is_none() {
        let answers = answers(&[Some(("a", None))], 4).unwrap();
        let [one, two] = [found("1.1.1.1", None), found("2.2.2.2", None)];
        answers.tell(0, 0, &[one]);
        let before = answers.begin(3, 0).unwrap();
        answers.tell(4, 0, &[two]);
        assert_eq!((answers.last(0), answers.begin(4, 0)), (None, None));
        answers.memory[0].store(before, SeqCst);
        assert_eq!(answers.last(0), Some(vec![one]));
    }

    #[test]
    fn a_later_configuration_has_the_answers_for_the_same_names() {
        let former = answers(&[Some(("a", None)), Some(("b", Some("http")))], 8).unwrap();
        former.tell(3, 0, &[found("1.1.1.1", None)]);
        former.tell(3, 1, &[found("2.2.2.2", Some(8080))]);
        let names = [Some(("b", Some("http"))), Some(("b", None)), None, Some(("a", None))];
        let next = answers(&names, 64).unwrap();
        next.remember(0, &former);
        assert_eq!(next.last(0), former.last(1));
        assert_eq!((next.last(1), next.last(2)), (None, None));
        assert_eq!(next.last(3), former.last(0));
    }
}

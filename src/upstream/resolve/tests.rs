//! The resolver alone: a name server is what each test makes of the questions.

use std::net::SocketAddr;

use super::*;
use crate::base::ids::*;
use crate::base::rng::Rng;
use crate::os::addr::Addr;

const A: u16 = 1;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const AAAA: u16 = 28;
const SRV: u16 = 33;

struct World {
    resolver: Resolver,
    rng: Rng,
    now: u64,
    conns: crate::base::arena::Arena<(), Conn>,
    tasks: crate::base::arena::Arena<(), UpstreamKey>,
    told: Vec<(Who, Outcome)>,
    refreshed: Vec<(GroupIndex, u16)>,
    closed: usize,
}

/// A question as it was sent.
#[derive(Clone, Debug)]
struct Question {
    query: QueryId,
    server: SocketAddr,
    tcp: bool,
    bytes: Vec<u8>,
}

/// What a test answers: flags, and records of the answer and the authority section.
#[derive(Clone, Default)]
struct Reply {
    flags: u16,
    answers: Vec<(String, u16, u32, Vec<u8>)>,
    authority: Vec<(String, u16, u32, Vec<u8>)>,
    extra: Vec<(String, u16, u32, Vec<u8>)>,
}

fn wire(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> Vec<u8> {
    let mut data: Vec<u8> =
        [priority, weight, port].iter().flat_map(|word| word.to_be_bytes()).collect();
    data.extend(wire(target));
    data
}

impl Reply {
    fn with(mut self, name: &str, kind: u16, ttl: u32, data: impl AsRef<[u8]>) -> Self {
        self.answers.push((name.into(), kind, ttl, data.as_ref().to_vec()));
        self
    }

    fn code(code: u16) -> Self {
        Self { flags: code, ..Self::default() }
    }

    fn soa(mut self, ttl: u32, minimum: u32) -> Self {
        let mut data = [wire("ns.test"), wire("admin.test")].concat();
        data.extend([1, 2, 3, 4, minimum].iter().flat_map(|word: &u32| word.to_be_bytes()));
        self.authority.push(("test".into(), SOA, ttl, data));
        self
    }

    fn to(&self, question: &Question) -> Vec<u8> {
        let asked = question.message();
        let mut out = asked[..2].to_vec();
        out.extend((0x8180 | self.flags).to_be_bytes());
        out.extend(1u16.to_be_bytes());
        for section in [&self.answers, &self.authority, &self.extra] {
            out.extend((section.len() as u16).to_be_bytes());
        }
        out.extend_from_slice(&asked[12..]);
        for (name, kind, ttl, data) in
            [&self.answers, &self.authority, &self.extra].into_iter().flatten()
        {
            out.extend(wire(name));
            out.extend(kind.to_be_bytes());
            out.extend(1u16.to_be_bytes());
            out.extend(ttl.to_be_bytes());
            out.extend((data.len() as u16).to_be_bytes());
            out.extend_from_slice(data);
        }
        if question.tcp {
            out.splice(..0, (out.len() as u16).to_be_bytes());
        }
        out
    }
}

impl Question {
    fn message(&self) -> &[u8] {
        if self.tcp { &self.bytes[2..] } else { &self.bytes }
    }

    fn name(&self) -> String {
        let mut labels = Vec::new();
        let mut at = 12;
        let message = self.message();
        while message[at] != 0 {
            let end = at + 1 + usize::from(message[at]);
            labels.push(String::from_utf8(message[at + 1..end].to_vec()).unwrap());
            at = end;
        }
        labels.join(".")
    }

    fn kind(&self) -> u16 {
        let message = self.message();
        u16::from_be_bytes([message[message.len() - 4], message[message.len() - 3]])
    }
}

impl World {
    fn new(words: &str) -> Self {
        let words: Vec<Box<[u8]>> = words.split(' ').map(|word| word.as_bytes().into()).collect();
        let lookup = |name: &str| Addr::parse(name).map(|addr| vec![addr]).ok_or("host not found");
        let settings = Settings::parse(&words, lookup).unwrap();
        let mut rng = Rng::new(7);
        Self {
            resolver: Resolver::new(&[settings], &mut rng),
            rng,
            now: 1000,
            conns: Default::default(),
            tasks: Default::default(),
            told: vec![],
            refreshed: vec![],
            closed: 0,
        }
    }

    fn ask(&mut self, wanted: Wanted, timeout: u64) -> (Asked, Who) {
        let who = Who::Upstream(self.tasks.insert(()));
        (self.resolver.ask(wanted, who, timeout, self.now, &mut self.rng), who)
    }

    fn name(&mut self, name: &str) -> Asked {
        self.ask(Wanted::addresses(ResolverIndex(0), name), 30_000).0
    }

    /// Carries out what is wanted; the questions that were sent.
    fn acts(&mut self) -> Vec<Question> {
        let mut sent = Vec::new();
        while let Some(act) = self.resolver.next_act() {
            match act {
                Act::Send { query, server, tcp } => {
                    let conn = self.conns.insert(());
                    if self.resolver.opened(query, conn).is_some() {
                        self.closed += 1;
                    }
                    let bytes = self.resolver.unsent(query).to_vec();
                    self.resolver.sent(query, bytes.len());
                    sent.push(Question { query, server, tcp, bytes });
                }
                Act::Close(_) => self.closed += 1,
                Act::Tell(who, outcome) => self.told.push((who, outcome)),
                Act::Refresh(group, line) => self.refreshed.push((group, line)),
            }
        }
        sent
    }

    fn one(&mut self) -> Question {
        let mut sent = self.acts();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    fn receive(&mut self, question: &Question, bytes: &[u8]) -> bool {
        self.resolver.received(question.query, bytes, self.now, &mut self.rng)
    }

    fn answer(&mut self, question: &Question, reply: &Reply) {
        let bytes = reply.to(question);
        self.receive(question, &bytes);
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        self.resolver.expire(self.now, &mut self.rng);
    }

    /// The last outcome that was reported.
    fn last(&self) -> Outcome {
        self.told.last().expect("an outcome was reported").1.clone()
    }

    fn addrs(&self) -> Vec<String> {
        self.last().unwrap().found.iter().map(|found| found.ip.to_string()).collect()
    }
}

fn v4(last: u8) -> [u8; 4] {
    [10, 0, 0, last]
}

#[test]
fn addresses_of_both_kinds_are_one_answer_for_all_who_wait() {
    let mut w = World::new("127.0.0.1 127.0.0.2:5353");
    for _ in 0..100 {
        assert!(matches!(w.name("Back.test."), Asked::Wait(_)));
    }
    let sent = w.acts();
    assert_eq!(sent.len(), 2, "one question of a kind, however many wait");
    assert_eq!(sent[0].server, sent[1].server);
    assert_ne!(sent[0].bytes[..2], sent[1].bytes[..2]);
    assert!(sent.iter().all(|it| it.name() == "back.test" && !it.tcp));
    assert_eq!((sent[0].kind(), sent[1].kind()), (A, AAAA));
    w.answer(&sent[1], &Reply::default().with("back.test", AAAA, 7, [0; 16]));
    assert!(w.told.is_empty());
    w.answer(
        &sent[0],
        &Reply::default().with("BACK.test", A, 60, v4(1)).with("back.test", A, 5, v4(2)),
    );
    w.acts();
    assert_eq!(w.told.len(), 100);
    assert_eq!(w.addrs(), ["::", "10.0.0.1", "10.0.0.2"]);
    assert!(w.resolver.is_idle());
    assert_eq!((w.closed, w.resolver.next_due()), (2, None));
    // The least of the times holds.
    w.now += 4999;
    assert!(matches!(w.name("back.test"), Asked::Known(Ok(_))));
    w.now += 1;
    assert!(matches!(w.name("back.test"), Asked::Wait(_)));
}

#[test]
fn valid_overrides_times_and_ipv6_may_be_off() {
    let mut w = World::new("127.0.0.1 valid=10s ipv6=off");
    w.name("a.test");
    let question = w.one();
    assert_eq!(question.server.port(), 53);
    w.answer(&question, &Reply::default().with("a.test", A, 0, v4(1)));
    w.now += 9999;
    assert!(matches!(w.name("a.test"), Asked::Known(Ok(_))));
    w.now += 1;
    assert!(matches!(w.name("a.test"), Asked::Wait(_)));
}

#[test]
fn forged_answers_are_ignored_and_many_of_them_lead_to_tcp() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    w.name("a.test");
    let question = w.one();
    let right = Reply::default().with("a.test", A, 60, v4(1)).to(&question);
    let mut wrong_id = right.clone();
    wrong_id[1] ^= 1;
    let mut other_name = right.clone();
    other_name[13] = b'b';
    let mut other_kind = right.clone();
    other_kind[20] = 16;
    let mut no_answer = right.clone();
    no_answer[2] &= 0x7f;
    for forged in [&wrong_id, &other_name, &other_kind, &no_answer, &vec![], &right[..11].to_vec()]
    {
        assert!(w.receive(&question, forged), "{forged:?}");
    }
    w.acts();
    assert!(w.told.is_empty());
    // Names are compared without case.
    let mut upper = right;
    upper[13] = b'A';
    assert!(!w.receive(&question, &upper));
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.1"]);

    w.name("b.test");
    let question = w.one();
    while w.receive(&question, &wrong_id) {}
    let again = w.one();
    assert!(again.tcp);
    assert_ne!(again.message()[..2], question.bytes[..2], "another id, and so it may");
}

#[test]
fn records_that_were_not_asked_for_are_ignored() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    w.name("a.test");
    let question = w.one();
    let mut reply = Reply::default()
        .with("bank.test", A, 9999, v4(66))
        .with("a.test", CNAME, 60, wire("b.test"))
        .with("c.test", A, 60, v4(67))
        .with("b.test", A, 60, v4(1))
        .with("b.test", AAAA, 60, [6; 16]);
    reply.extra.push(("a.test".into(), A, 60, v4(68).to_vec()));
    w.answer(&question, &reply);
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.1"]);
    for name in ["bank.test", "b.test", "c.test"] {
        assert!(matches!(w.name(name), Asked::Wait(_)), "{name} was not asked for");
    }
}

#[test]
fn aliases_are_followed_and_their_loops_end() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    w.name("a.test");
    let question = w.one();
    // The server stops at the alias.
    w.answer(&question, &Reply::default().with("a.test", CNAME, 3, wire("B.test")));
    let question = w.one();
    assert_eq!(question.name(), "b.test");
    w.answer(&question, &Reply::default().with("b.test", A, 60, v4(2)));
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.2"]);
    w.now += 3000;
    assert!(matches!(w.name("a.test"), Asked::Wait(_)), "the alias's time counts");

    let question = w.one();
    let ring = Reply::default().with("a.test", CNAME, 60, wire("b.test")).with(
        "b.test",
        CNAME,
        60,
        wire("a.test"),
    );
    w.answer(&question, &ring);
    w.acts();
    assert_eq!(w.last(), Err(Failure::NOT_FOUND));

    // A loop from answer to answer, and a chain that has no end.
    w.name("x0.test");
    for (step, next) in ["x1.test", "x2.test", "x1.test"].iter().enumerate() {
        let question = w.one();
        let name = question.name();
        w.told.clear();
        w.answer(&question, &Reply::default().with(&name, CNAME, 60, wire(next)));
        assert_eq!(w.told.len(), 0, "{step}");
    }
    assert!(w.acts().is_empty());
    assert_eq!(w.last(), Err(Failure::NOT_FOUND));
    w.name("y0.test");
    let mut asked = 0;
    while let Some(question) = w.acts().pop() {
        asked += 1;
        let next = format!("y{asked}.test");
        let name = question.name();
        w.answer(&question, &Reply::default().with(&name, CNAME, 60, wire(&next)));
    }
    assert!((51..=52).contains(&asked), "{asked}");
    assert_eq!(w.last(), Err(Failure::NOT_FOUND));
    let mut chain = Reply::default();
    for at in 0..60 {
        chain = chain.with(&format!("z{at}.test"), CNAME, 60, wire(&format!("z{}.test", at + 1)));
    }
    chain = chain.with("z60.test", A, 60, v4(1));
    w.name("z20.test");
    let question = w.one();
    w.answer(&question, &chain);
    assert!(w.acts().is_empty());
    assert_eq!(w.addrs(), ["10.0.0.1"]);
    w.name("z0.test");
    let question = w.one();
    w.answer(&question, &chain);
    assert!(w.acts().is_empty());
    assert_eq!(w.last(), Err(Failure::NOT_FOUND));
    assert!(w.resolver.is_idle());
}

#[test]
fn a_name_of_the_greatest_length_is_resolved_and_so_is_an_alias_of_it() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    let longest = |letter: &str| [63, 63, 63, 61].map(|len| letter.repeat(len)).join(".");
    let (name, alias) = (longest("a"), longest("b"));
    assert_eq!((name.len(), wire(&name).len()), (253, 255));
    w.name(&name);
    let question = w.one();
    assert_eq!(question.name(), name);
    w.answer(&question, &Reply::default().with(&name, A, 60, v4(1)));
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.1"]);

    w.name(&alias);
    let question = w.one();
    let reply = Reply::default().with(&alias, CNAME, 60, wire(&name));
    w.answer(&question, &reply.with(&name, A, 60, v4(2)));
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.2"]);

    // The server stops at the alias.
    let other = longest("c");
    w.name("short.test");
    let question = w.one();
    w.answer(&question, &Reply::default().with("short.test", CNAME, 60, wire(&other)));
    let question = w.one();
    assert_eq!(question.name(), other);
    w.answer(&question, &Reply::default().with(&other, A, 60, v4(3)));
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.3"]);
}

#[test]
fn what_does_not_fit_is_asked_for_over_tcp() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    w.name("many.test");
    let question = w.one();
    let mut cut =
        Reply { flags: 0x0200, ..Reply::default() }.with("many.test", A, 60, v4(1)).to(&question);
    cut.truncate(cut.len() - 3);
    w.receive(&question, &cut);
    let over_tcp = w.one();
    assert!(over_tcp.tcp);
    assert_eq!(over_tcp.server, question.server);
    let mut all = Reply::default();
    for at in 0..1000u32 {
        all = all.with("many.test", A, 60, (0x0a00_0000 + at).to_be_bytes());
    }
    for piece in all.to(&over_tcp).chunks(700) {
        w.receive(&over_tcp, piece);
    }
    w.acts();
    assert_eq!(w.last().unwrap().found.len(), 1000);
    assert!(w.resolver.is_idle());
}

#[test]
fn servers_are_asked_in_turn_until_one_answers() {
    let mut w = World::new("127.0.0.1 127.0.0.2 127.0.0.3 ipv6=off");
    w.name("a.test");
    let mut asked = vec![w.one()];
    // One that does not answer, one that cannot be reached, one that will not.
    w.pass(4999);
    assert!(w.acts().is_empty());
    w.pass(1);
    asked.push(w.one());
    w.resolver.broke(asked[1].query, w.now, &mut w.rng);
    asked.push(w.one());
    let servers: std::collections::HashSet<_> = asked.iter().map(|it| it.server).collect();
    assert_eq!(servers.len(), 3);
    // The first answer is too late: its socket is closed, its id another.
    let late = Reply::default().with("a.test", A, 60, v4(1)).to(&asked[0]);
    assert!(w.receive(&asked[2], &late));
    w.answer(&asked[2], &Reply::code(2));
    w.acts();
    assert_eq!(w.last().unwrap_err().to_string(), "2: Server failure");
    assert!(matches!(w.name("a.test"), Asked::Wait(_)), "it is not remembered");
    // After a whole round without an answer there is a pause.
    for _ in 0..2 {
        let question = w.one();
        w.resolver.broke(question.query, w.now, &mut w.rng);
    }
    let question = w.one();
    w.resolver.broke(question.query, w.now, &mut w.rng);
    assert!(w.acts().is_empty());
    w.pass(999);
    assert!(w.acts().is_empty());
    w.pass(1);
    let question = w.one();
    w.answer(&question, &Reply::code(5));
    let question = w.one();
    w.answer(&question, &Reply::default().with("a.test", A, 60, v4(9)));
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.9"]);
}

#[test]
fn each_waits_as_long_as_it_will_and_who_leaves_is_not_told() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    let wanted = || Wanted::addresses(ResolverIndex(0), "slow.test");
    let (_, short) = w.ask(wanted(), 2000);
    let (long, _) = w.ask(wanted(), 9000);
    let (gone, _) = w.ask(wanted(), 9000);
    let (Asked::Wait(long), Asked::Wait(gone)) = (long, gone) else { panic!("both wait") };
    w.acts();
    w.resolver.leave(gone);
    w.pass(2000);
    w.acts();
    assert_eq!(w.told, [(short, Err(Failure::TIMED_OUT))]);
    assert_eq!(Failure::TIMED_OUT.to_string(), "110: Operation timed out");
    assert!(!w.resolver.is_idle());
    w.resolver.leave(long);
    w.acts();
    assert_eq!((w.told.len(), w.resolver.is_idle(), w.resolver.next_due()), (1, true, None));
    assert_eq!(w.closed, 1);
}

#[test]
fn what_is_not_there_is_remembered_for_a_while() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    w.name("no.test");
    let question = w.one();
    w.answer(&question, &Reply::code(3).soa(100, 20));
    w.acts();
    assert_eq!(w.last(), Err(Failure::NOT_FOUND));
    w.now += 19_999;
    assert_eq!(w.name("no.test"), Asked::Known(Err(Failure::NOT_FOUND)));
    w.now += 1;
    w.name("no.test");
    let question = w.one();
    w.answer(&question, &Reply::code(3));
    w.acts();
    assert!(matches!(w.name("no.test"), Asked::Wait(_)), "without a SOA it is not");
    for name in ["", "a..b", ".", &"x".repeat(64), &"x.".repeat(130)] {
        assert_eq!(w.name(name), Asked::Known(Err(Failure::NOT_FOUND)), "{name}");
    }
}

#[test]
fn one_kind_will_do_when_the_other_is_not_answered() {
    let mut w = World::new("127.0.0.1");
    w.name("a.test");
    let sent = w.acts();
    w.answer(&sent[0], &Reply::default().with("a.test", A, 60, v4(1)));
    w.pass(5000);
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.1"]);
    w.name("b.test");
    let sent = w.acts();
    w.answer(&sent[0], &Reply::code(2));
    w.answer(&sent[1], &Reply::default().with("b.test", AAAA, 60, [1; 16]));
    w.acts();
    assert_eq!(w.addrs().len(), 1);
    assert!(w.resolver.is_idle());
}

#[test]
fn what_is_there_will_do_when_time_is_over() {
    let mut w = World::new("127.0.0.1");
    w.ask(Wanted::addresses(ResolverIndex(0), "a.test"), 2000);
    let sent = w.acts();
    w.answer(&sent[0], &Reply::default().with("a.test", A, 60, v4(1)));
    w.pass(2000);
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.1"]);
    assert_eq!((w.resolver.is_idle(), w.resolver.next_due()), (true, None));

    let mut w = World::new("127.0.0.1 ipv6=off");
    w.ask(Wanted::services(ResolverIndex(0), "http", "back.test"), 2000);
    let question = w.one();
    let name = "_http._tcp.back.test";
    let both = Reply::default().with(name, SRV, 60, srv(1, 1, 80, "up.test")).with(
        name,
        SRV,
        60,
        srv(1, 1, 81, "silent.test"),
    );
    w.answer(&question, &both);
    let sent = w.acts();
    w.answer(&sent[0], &Reply::default().with("up.test", A, 60, v4(2)));
    w.pass(2000);
    w.acts();
    assert_eq!(w.addrs(), ["10.0.0.2"]);
    assert_eq!((w.resolver.is_idle(), w.resolver.next_due()), (true, None));
}

#[test]
fn services_have_ports_weights_and_priorities() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    let wanted = || Wanted::services(ResolverIndex(0), "http", "back.test");
    assert_eq!(wanted().name(), "_http._tcp.back.test");
    let dotted = Wanted::services(ResolverIndex(0), "_http._tcp", "back.test");
    assert_eq!(dotted.name(), "_http._tcp.back.test");
    w.ask(wanted(), 30_000);
    let question = w.one();
    assert_eq!(question.kind(), SRV);
    let name = "_http._tcp.back.test";
    let mut reply = Reply::default()
        .with(name, SRV, 60, srv(2, 0, 8082, "two.test"))
        .with(name, SRV, 60, srv(1, 5, 8081, "one.test"))
        .with(name, SRV, 60, srv(1, 7, 8083, "none.test"));
    reply.extra.push(("one.test".into(), A, 60, v4(66).to_vec()));
    w.answer(&question, &reply);
    let targets = w.acts();
    assert_eq!(targets.len(), 3);
    for question in &targets {
        let name = question.name();
        let reply = match &*name {
            "one.test" => Reply::default().with(&name, A, 10, v4(1)).with(&name, A, 10, v4(11)),
            "two.test" => Reply::default().with(&name, A, 60, v4(2)),
            _ => Reply::code(3),
        };
        w.answer(question, &reply);
    }
    w.acts();
    let answer = w.last().unwrap();
    let found = |ip: u8, port, weight, backup| Found {
        ip: v4(ip).into(),
        port: Some(port),
        weight: Some(weight),
        backup,
    };
    let expected = [found(1, 8081, 5, false), found(11, 8081, 5, false), found(2, 8082, 1, true)];
    assert_eq!(answer.found, expected);
    assert_eq!(answer.until, w.now + 10_000, "the least of all times");
    assert!(matches!(w.ask(wanted(), 1).0, Asked::Known(Ok(_))));
    // A query that is given up takes the lookups of its targets along.
    w.now += 10_000;
    let Asked::Wait(waiter) = w.ask(wanted(), 0).0 else { panic!("it waits") };
    let question = w.one();
    w.answer(&question, &Reply::default().with(name, SRV, 60, srv(1, 1, 1, "new.test")));
    assert_eq!(w.acts().len(), 1);
    w.resolver.leave(waiter);
    w.acts();
    assert!(w.resolver.is_idle());
    assert_eq!(w.resolver.next_due(), None);
}

#[test]
fn the_best_of_a_service_are_the_best_that_have_an_address() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    w.ask(Wanted::services(ResolverIndex(0), "http", "back.test"), 30_000);
    let question = w.one();
    let name = "_http._tcp.back.test";
    let service =
        |reply: Reply, priority, host| reply.with(name, SRV, 60, srv(priority, 1, 80, host));
    let hosts = [(1, "none.test"), (2, "two.test"), (3, "three.test")];
    let all = hosts.iter().fold(Reply::default(), |reply, (at, host)| service(reply, *at, host));
    w.answer(&question, &all);
    for question in w.acts() {
        let name = question.name();
        let reply = match &*name {
            "none.test" => Reply::code(3),
            _ => Reply::default().with(&name, A, 10, v4(name.len() as u8)),
        };
        w.answer(&question, &reply);
    }
    w.acts();
    let found = &w.last().unwrap().found;
    assert_eq!(found.iter().map(|it| it.backup).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn garbage_is_survived() {
    let mut w = World::new("127.0.0.1 127.0.0.2");
    let mut rng = Rng::new(99);
    for round in 0..300 {
        w.name(&format!("a{round}.test"));
        let mut sent = w.acts();
        while let Some(question) = sent.pop() {
            let mut bytes = Reply::default()
                .with(&question.name(), question.kind(), 60, [1; 16])
                .with("b.test", CNAME, 60, wire("c.test"))
                .soa(1, 1)
                .to(&question);
            for _ in 0..1 + rng.below(4) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = rng.word() as u8;
            }
            bytes.truncate(rng.below(2 * bytes.len() as u64) as usize);
            w.receive(&question, &bytes);
            sent.extend(w.acts());
        }
        w.pass(60_000);
        w.acts();
        w.pass(60_000);
        w.acts();
    }
    assert!(w.resolver.is_idle());
}

#[test]
fn many_names_do_not_grow_without_bound() {
    let mut w = World::new("127.0.0.1 ipv6=off");
    for at in 0..25_000u32 {
        let name = format!("n{at}.test");
        w.name(&name);
        let question = w.one();
        w.answer(&question, &Reply::default().with(&name, A, at % 1000 + 1, v4(1)));
        w.acts();
        w.told.clear();
    }
    assert!(w.resolver.remembered() <= 10_000);
    assert!(w.resolver.is_idle());
}

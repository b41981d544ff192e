//! Answers of a name server. Only one with the id and the question is taken; it gives nothing but records of the
//! kind that was asked for, as many as fit into it, or names that can be asked for; a part of an answer gives no
//! other records than the whole; and records, written anew, are read as the same.

use std::net::IpAddr;

use peerage::upstream::resolve::Failure;
use peerage::upstream::resolve::message::{Kind, MOST_ALIASES, Records, Reply, ask, is_name, read};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"\xc0\x0c",
    b"\xc0\x0d",
    b"\x3f",
    b"\x01a\x04test\0",
    b"\x01b\x04test\0",
    b"\0\x01\0\x01",
    b"\0\x05\0\x01",
    b"\0\x06\0\x01",
    b"\0\x1c\0\x01",
    b"\0\x21\0\x01",
    b"\0\0\0\x3c\0\x04",
    b"\x81\x80\0\x01",
    b"\x83\x80",
    b"\xff\xff\xff\xff",
];

/// In octets.
const HEADER: usize = 12;
/// An address with the smallest owner that there can be.
const SMALLEST_RECORD: usize = 15;

/// Answers to what is asked here, as a server writes them.
pub fn seeds() -> Vec<Vec<u8>> {
    let question = |name: &str, kind, counts: [u8; 2]| {
        let mut message = ask(7, name, kind).unwrap();
        (message[2], message[3]) = (0x81, 0x80);
        (message[7], message[9]) = (counts[0], counts[1]);
        message
    };
    let alias = b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01b\xc0\x0e";
    let of_alias = b"\xc0\x24\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01";
    let v4 = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01";
    let v6 = b"\xc0\x0c\0\x1c\0\x01\0\0\0\x3c\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";
    let srv = b"\xc0\x0c\0\x21\0\x01\0\0\0\x3c\0\x0a\0\x01\0\x02\0\x50\x01b\xc0\x0e";
    let soa = b"\xc0\x0e\0\x06\0\x01\0\0\0\x3c\0\x1c\x01n\xc0\x0e\x01m\xc0\x0e\
        \0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05";
    let longest = longest();
    vec![
        [&*question("a.test", Kind::A, [2, 0]), v4, v4].concat(),
        [&*question("a.test", Kind::A, [2, 0]), alias, of_alias].concat(),
        [&*question("a.test", Kind::A, [1, 0]), alias].concat(),
        [&*question("a.test", Kind::A, [1, 1]), alias, soa].concat(),
        [&*question("a.test", Kind::Aaaa, [1, 0]), v6].concat(),
        [&*question("a.test", Kind::Aaaa, [0, 1]), soa].concat(),
        [&*question("a.test", Kind::Srv, [2, 0]), srv, srv].concat(),
        [&*question(&longest, Kind::A, [1, 0]), v4].concat(),
    ]
}

/// A name of 253 characters.
fn longest() -> String {
    [63, 63, 63, 61].map(|len| "a".repeat(len)).join(".")
}

pub fn check(input: &[u8]) {
    let id = input.first_chunk().map_or(0, |id| u16::from_be_bytes(*id));
    let mut taken = 0;
    for name in ["a.test", &longest()] {
        for kind in [Kind::A, Kind::Aaaa, Kind::Srv] {
            let reply = read(input, id, name, kind);
            taken += usize::from(is_to_question(input, id, name, kind));
            assert_eq!(read(input, !id, name, kind), Reply::Foreign);
            check_reply(input, id, name, kind, &reply);
        }
    }
    assert!(taken <= 1, "an answer to {taken} questions");
}

fn is_to_question(input: &[u8], id: u16, name: &str, kind: Kind) -> bool {
    let question = &ask(id, name, kind).unwrap()[HEADER..];
    let repeated = input.get(HEADER..HEADER + question.len());
    repeated.is_some_and(|it| it.eq_ignore_ascii_case(question)) && input[4..6] == [0, 1]
}

fn check_reply(input: &[u8], id: u16, name: &str, kind: Kind, reply: &Reply) {
    let without_question = *reply == Reply::Refused(Failure::FORMAT) && input[4..6] == [0, 0];
    assert!(
        *reply == Reply::Foreign || without_question || is_to_question(input, id, name, kind),
        "{reply:?}"
    );
    match reply {
        Reply::Records(records) => check_records(input, id, name, kind, records),
        Reply::Alias { names, ttl } => {
            assert!((1..=MOST_ALIASES).contains(&names.len()) && *ttl <= i32::MAX as u32);
            for (at, alias) in names.iter().enumerate() {
                assert!(is_name(alias) && **alias != *name && !names[..at].contains(alias));
            }
        }
        Reply::Nothing { ttl } => assert!(ttl.is_none_or(|ttl| ttl <= i32::MAX as u32)),
        Reply::Foreign | Reply::Truncated | Reply::Refused(_) => {}
    }
}

fn check_records(input: &[u8], id: u16, name: &str, kind: Kind, records: &Records) {
    let Records { addrs, services, ttl } = records;
    assert!(*ttl <= i32::MAX as u32);
    let count = addrs.len() + services.len();
    assert!(count > 0 && count <= (input.len() - HEADER) / SMALLEST_RECORD);
    assert!(addrs.is_empty() || kind == if addrs[0].is_ipv4() { Kind::A } else { Kind::Aaaa });
    assert!(services.is_empty() || kind == Kind::Srv);
    assert!(
        services.iter().all(|it| is_name(&it.target) && *it.target == it.target.to_lowercase())
    );

    let whole = Reply::Records(records.clone());
    assert_eq!(read(&[input, b"more"].concat(), id, name, kind), whole);
    let front = pieces::cuts(input)[0][0];
    let of_front = read(front, id, name, kind);
    let allowed = [Reply::Foreign, Reply::Refused(Failure::FORMAT), whole.clone()];
    assert!(allowed.contains(&of_front), "{of_front:?} of {} bytes", front.len());
    assert_eq!(read(&written(id, name, kind, records), id, name, kind), whole);
}

fn written(id: u16, name: &str, kind: Kind, records: &Records) -> Vec<u8> {
    let Records { addrs, services, ttl } = records;
    let mut out = ask(id, name, kind).unwrap();
    out[2] |= 0x80;
    let count = (addrs.len() + services.len()) as u16;
    out[6..8].copy_from_slice(&count.to_be_bytes());
    let addrs = addrs.iter().map(|addr| match addr {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (28, ip.octets().to_vec()),
    });
    let services = services.iter().map(|it| {
        let words = [it.priority, it.weight, it.port].map(u16::to_be_bytes).concat();
        // A question ends with its type and its class.
        let question = ask(0, &it.target, Kind::A).unwrap();
        (33, [&*words, &question[HEADER..question.len() - 4]].concat())
    });
    for (kind, data) in addrs.chain(services) {
        out.extend_from_slice(&[0xc0, HEADER as u8, 0, kind, 0, 1]);
        out.extend_from_slice(&ttl.to_be_bytes());
        out.extend_from_slice(&(data.len() as u16).to_be_bytes());
        out.extend_from_slice(&data);
    }
    out
}

//! The table alone: what is found, what goes, and that what is torn is never taken for something else.

use std::thread;

use super::*;
use crate::base::rng::Rng;

const TIMEOUT: u64 = 1000;

fn table(size: usize) -> Sessions {
    let learn = Learn { zone: "z".into(), size, timeout: TIMEOUT, header: false };
    Sessions::open(&learn, b"u", [1, 2]).unwrap()
}

fn name(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

#[test]
fn sessions_are_learned_gone_on_with_and_forgotten() {
    let table = table(32_768);
    let find = |now| table.find(b"a", TIMEOUT, now);
    table.learn(b"a", false, 7, TIMEOUT, 50);
    assert_eq!(find(50), None);
    table.learn(b"a", true, 7, TIMEOUT, 50);
    assert_eq!((find(60), table.find(b"b", TIMEOUT, 60)), (Some(7), None));
    // A response moves it to its server, and keeps it alive; looking does not.
    table.learn(b"a", false, 8, TIMEOUT, 100);
    assert_eq!((find(1099), find(1100)), (Some(8), None));
    table.learn(b"a", false, 8, TIMEOUT, 1100);
    assert_eq!(find(1100), None);
    table.learn(b"a", true, 9, TIMEOUT, 1100);
    assert_eq!(find(1100), Some(9));
    // Another worker is some milliseconds ahead.
    table.learn(b"a", false, 9, TIMEOUT, 1050);
    assert_eq!((find(1000), find(2099), find(2100)), (Some(9), Some(9), None));
    // Names have any length.
    table.learn(&[b'x'; 5000], true, 3, TIMEOUT, 2000);
    assert_eq!(table.find(&[b'x'; 5000], TIMEOUT, 2001), Some(3));
}

#[test]
fn the_longest_unused_of_a_row_goes() {
    let table = table(BYTES);
    for number in 0..PLACES as u64 {
        table.learn(&name(number), true, number, TIMEOUT, 100 + number);
    }
    table.learn(&name(0), false, 0, TIMEOUT, 200);
    table.learn(&name(99), true, 99, TIMEOUT, 201);
    let found: Vec<u64> = (0..100).filter_map(|n| table.find(&name(n), TIMEOUT, 202)).collect();
    let left: Vec<u64> = [0].into_iter().chain(2..PLACES as u64).chain([99]).collect();
    assert_eq!(found, left);
    // What is forgotten has made room: no more goes.
    table.learn(&name(50), true, 50, TIMEOUT, 1110);
    assert_eq!(table.find(&name(3), TIMEOUT, 1102), Some(3));
}

#[test]
fn a_megabyte_has_room_for_more_than_nginx_says() {
    let table = table(1 << 20);
    let lost = |from: u64, to: u64| {
        (from..to).for_each(|n| table.learn(&name(n), true, n, TIMEOUT, 100));
        (0..to).filter(|&n| table.find(&name(n), TIMEOUT, 101) != Some(n)).count()
    };
    assert_eq!(lost(0, 8000), 0);
    let lost = lost(8000, 16_000);
    assert!(lost < 64, "{lost}");
    assert_eq!(table.memory.len() / ROW * BYTES, 1 << 20);
}

#[test]
fn another_secret_is_another_row() {
    let one = table(1 << 20);
    let other = Sessions { secret: [1, 3], ..one.clone() };
    let row = |table: &Sessions| {
        let of = |n| table.row(table.sum(&name(n))).next().unwrap().tag as *const _ as usize;
        (0..100).map(of).collect::<Vec<_>>()
    };
    assert_eq!(row(&one).iter().zip(row(&other)).filter(|(a, b)| **a == *b).count(), 0);
}

/// Every way in which the words of several writes can be mixed.
#[test]
fn what_is_torn_is_found_as_it_was_written_or_not_at_all() {
    let table = table(BYTES);
    let writes = [(1, 10), (1, 11), (2, 10), (2, 11), (3, 12)];
    let words = |(session, server): (u64, u64)| {
        let sum = table.sum(&name(session));
        [sum.tag, server, sum.other ^ server]
    };
    let mut found = 0;
    for tag in writes {
        for server in writes {
            for bond in writes {
                let place = table.row(table.sum(b"")).nth(5).unwrap();
                place.rest[USED].store(1, Relaxed);
                place.tag.store(words(tag)[0], Relaxed);
                place.rest[SERVER].store(words(server)[1], Relaxed);
                place.rest[BOND].store(words(bond)[2], Relaxed);
                for session in 1..4 {
                    let Some(server) = table.find(&name(session), TIMEOUT, 1) else { continue };
                    assert!(writes.contains(&(session, server)), "{session} {server}");
                    found += 1;
                }
            }
        }
    }
    // Both words of a bond from the same session and server, and the tag from that session.
    assert!(found >= writes.len() && found < writes.len().pow(3), "{found}");
}

#[test]
fn threads_that_write_at_once_never_mix_up_servers() {
    // Two rows and three times as many sessions, each at one of four servers that are its own.
    let table = table(2 * BYTES);
    let found: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let table = table.clone();
                scope.spawn(move || {
                    let mut rng = Rng::new(number);
                    let mut found = 0;
                    for turn in 0..60_000 {
                        let session = rng.below(6 * PLACES as u64);
                        // Most take their places in the same millisecond, where nothing keeps them apart.
                        let (now, name) = (100 + turn / 5000, name(session));
                        match rng.below(3) {
                            0 => {
                                let server = session << 8 | rng.below(4);
                                table.learn(&name, true, server, TIMEOUT, now);
                            }
                            1 => table.learn(&name, false, session << 8, TIMEOUT, now),
                            _ => {
                                let server = table.find(&name, TIMEOUT, now);
                                assert!(server.is_none_or(|server| server >> 8 == session));
                                found += usize::from(server.is_some());
                            }
                        }
                    }
                    found
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(found > 1000, "{found}");
}

#[test]
fn who_writes_at_once_loses_nothing_while_there_is_room() {
    for round in 0..200 {
        let table = table(BYTES);
        thread::scope(|scope| {
            for half in 0..2 {
                let table = &table;
                scope.spawn(move || {
                    for number in (0..PLACES as u64 / 2).map(|n| 2 * n + half) {
                        table.learn(&name(number), true, number, TIMEOUT, 100 + number);
                    }
                });
            }
        });
        let lost = (0..PLACES as u64).filter(|&n| table.find(&name(n), TIMEOUT, 120) != Some(n));
        assert_eq!(lost.count(), 0, "{round}");
    }
}

#[test]
fn two_who_take_up_a_session_at_once_agree_afterwards() {
    for _ in 0..200 {
        let table = table(BYTES);
        thread::scope(|scope| {
            for server in 0..2 {
                let table = &table;
                scope.spawn(move || table.learn(b"a", true, server, TIMEOUT, 100));
            }
        });
        let first = table.find(b"a", TIMEOUT, 100).unwrap();
        table.learn(b"a", false, first, TIMEOUT, 101);
        assert_eq!(table.find(b"a", TIMEOUT, 102), Some(first));
    }
}

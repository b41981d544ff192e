//! What nginx 1.22 did: which server each request went to, for every method.
//!
//! Servers are `127.0.0.1:18101` and on, with the parameters of each; they are called `a`, `b`, …

use super::tests::{Client, Pool, letter};
use crate::upstream::balance::method::Method::{self, *};

enum Keys {
    /// None, or an empty one.
    None,
    /// `/k0`, `/k1`, …
    Uri,
    /// The networks of `127.0.0.x`, `127.1.7.x`, `127.2.14.x`, …
    Ip,
}

/// One request after another.
#[rustfmt::skip]
const SEQUENCES: &[(Method, Keys, &[&str], &str)] = &[
    (Hash, Keys::Uri, &["", "", ""], "caaccbbaacaaaaccacabbaccccaacacabbabacba"),
    (Consistent, Keys::Uri, &["", "", ""], "bacabacbcaacbcccccbbabaaccaacbcaaabcabac"),
    (IpHash, Keys::Ip, &["", "", ""], "cccccccccccccccccccbbbbbbbbbbbbbbbbbcccc"),
    (Hash, Keys::None, &["", "", ""], "abcabcab"),
    (Consistent, Keys::None, &["", "", ""], "abcabcab"),
    (LeastConn, Keys::None, &["", "", ""], "abcabcabcabc"),
    (RoundRobin, Keys::None, &["", "", ""], "abcabcabcabcab"),
    (Hash, Keys::Uri, &["weight=3", "", "weight=2"], "abacccaabababaacacaacbaccabacacaacaaaccb"),
    (Consistent, Keys::Uri, &["weight=3", "", "weight=2"], "accabcabcaacbaaccacaabcaaccccaaaaaacabac"),
    (IpHash, Keys::Ip, &["weight=3", "", "weight=2"], "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    (Hash, Keys::None, &["weight=3", "", "weight=2"], "acabcaac"),
    (Consistent, Keys::None, &["weight=3", "", "weight=2"], "acabcaac"),
    (LeastConn, Keys::None, &["weight=3", "", "weight=2"], "acabcaacabca"),
    (RoundRobin, Keys::None, &["weight=3", "", "weight=2"], "acabcaacabcaac"),
    (Hash, Keys::Uri, &["", "down", ""], "caacccaaacaaaaccacaacaccccaacacaaaacacaa"),
    (Consistent, Keys::Uri, &["", "down", ""], "cacaaacacaacccccccacaaaaccaacccaaaccacac"),
    (IpHash, Keys::Ip, &["", "down", ""], "ccccccccccccccccccccacaccaccacaacacccccc"),
    (Hash, Keys::None, &["", "down", ""], "acacacac"),
    (Consistent, Keys::None, &["", "down", ""], "acacacac"),
    (LeastConn, Keys::None, &["", "down", ""], "acacacacacac"),
    (RoundRobin, Keys::None, &["", "down", ""], "acacacacacacac"),
    (Hash, Keys::Uri, &["weight=5", "weight=1", "weight=1", "weight=3"], "cdaddadadddaacddaaaadbaddaaaddaaaaaddaaa"),
    (Consistent, Keys::Uri, &["weight=5", "weight=1", "weight=1", "weight=3"], "aaaaaaadcaadbdaadadadddaadadaadaaaaaabac"),
    (IpHash, Keys::Ip, &["weight=5", "weight=1", "weight=1", "weight=3"], "aaaaaaaaaaaaaaaaaaaddddddddddddddddddddd"),
    (Hash, Keys::None, &["weight=5", "weight=1", "weight=1", "weight=3"], "adabadca"),
    (Consistent, Keys::None, &["weight=5", "weight=1", "weight=1", "weight=3"], "adabadca"),
    (LeastConn, Keys::None, &["weight=5", "weight=1", "weight=1", "weight=3"], "adabadcadaad"),
    (RoundRobin, Keys::None, &["weight=5", "weight=1", "weight=1", "weight=3"], "adabadcadaadab"),
];

/// No server answers: what each request tries, with the keys `/k0`, … or addresses `127.0.3.x`, `127.1.3.x`, …
#[rustfmt::skip]
const TRIES: &[(Method, &[&str], &str)] = &[
    (Hash, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "acbd dacb cdab bacd bacd cdab dacb acbd"),
    (Consistent, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "bcad adbc cabd abdc bacd abcd dcba badc"),
    (IpHash, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "dcab abdc bdca cbda dacb acbd bacd cabd"),
    (RoundRobin, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "abcd dcba abcd dcba abcd dcba abcd dcba"),
    (LeastConn, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "abcd dcba abcd dcba abcd dcba abcd dcba"),
    (Hash, &["max_fails=0 weight=3", "max_fails=0", "max_fails=0 weight=2"], "acb bca acb cab cab cab acb abc"),
    (Consistent, &["max_fails=0 weight=3", "max_fails=0", "max_fails=0 weight=2"], "abc cab cab abc bca cab acb bac"),
    (IpHash, &["max_fails=0 weight=3", "max_fails=0", "max_fails=0 weight=2"], "cab cba bac acb acb acb cab cab"),
    (RoundRobin, &["max_fails=0 weight=3", "max_fails=0", "max_fails=0 weight=2"], "acb bca acb acb cab bac cab abc"),
    (LeastConn, &["max_fails=0 weight=3", "max_fails=0", "max_fails=0 weight=2"], "acb bca acb acb cab bac cab abc"),
    (Hash, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "cefabd deabcf abedcf fcebad fcaedb ecdabf beacfd acdebf"),
    (Consistent, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "fbecad afedbc ecfabd abfdce fbeacd aebcfd fdecba befadc"),
    (IpHash, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "fbacde efdbac dbacef cbfead becdfa acfebd faecdb ecbfda"),
    (RoundRobin, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "abcdef fedcba abcdef fedcba abcdef fedcba abcdef fedcba"),
    (LeastConn, &["max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0", "max_fails=0"], "abcdef fedcba abcdef fedcba abcdef fedcba abcdef fedcba"),
];

/// Requests that are held: at each dot one of them ends, by its place among those that are held.
#[rustfmt::skip]
const HELD: &[(Method, &[&str], &str, &[usize])] = &[
    (LeastConn, &["", "", ""], "a.b.cabb..ac..c..a.baabcc..bb.a.b.a..c.bc.b.a..bc.b.c.a.c.a.", &[0, 0, 3, 1, 3, 0, 1, 0, 1, 4, 1, 2, 3, 4, 0, 5, 2, 4, 3, 5, 2, 6, 3, 0, 5, 3, 2]),
    (LeastConn, &["weight=3", "", "weight=2"], "acb.a.a.ca.acab.c.c.c.a.b.a.....aacaa.c.a.b.c.b.a.a.a.b.b.a.", &[0, 2, 0, 3, 2, 3, 0, 2, 2, 3, 4, 1, 0, 1, 2, 3, 6, 4, 6, 1, 3, 3, 1, 3, 6, 5, 3]),
    (LeastConn, &["max_conns=2", "", "max_conns=1"], "a.bcaa.bbb.bb.b...b...c.acabb.b.b...bbb.b.a.b.b.a.b.b.a.b.a.", &[0, 0, 5, 3, 6, 5, 4, 0, 0, 0, 2, 6, 1, 0, 3, 3, 6, 2, 3, 2, 0, 4, 1, 2, 4, 5, 5]),
    (LeastConn, &["weight=2 max_conns=3", "max_conns=2", "weight=3 max_conns=1"], "c.abc.aaab.a-..c.c-..ba.a...a...caab-.....c.cb..aa.a.b.c....", &[0, 0, 4, 6, 1, 5, 1, 2, 6, 2, 4, 3, 3, 2, 1, 4, 3, 2, 0, 1, 2, 1, 0, 3, 1, 0, 1, 0, 0, 0]),
    (RoundRobin, &["", "", ""], "abcabca.b.c...ab..c...a..b..cab...cab..ca.bc.a.b.c.ab.cab.c.", &[0, 6, 5, 1, 3, 1, 1, 3, 0, 2, 0, 0, 0, 0, 2, 1, 0, 1, 0, 1, 3, 2, 2, 3, 0, 0, 6]),
    (RoundRobin, &["weight=3", "", "weight=2"], "acab..caac.ab.c..aa.c...ab..ca.a.ca.b.c.a.a.c.a.b..c..a....a", &[0, 2, 1, 4, 0, 4, 5, 5, 3, 0, 5, 1, 0, 5, 6, 4, 5, 4, 0, 1, 2, 0, 5, 5, 1, 4, 0, 0, 1]),
    (RoundRobin, &["max_conns=2", "", "max_conns=1"], "a.bc.a..bc..abca....bacba.bab.b..ba.b.b.b.b.c.a.b.a....ba.cb", &[0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 4, 0, 4, 5, 3, 3, 1, 5, 0, 4, 2, 2, 0, 3, 2, 3, 4]),
    (RoundRobin, &["weight=2 max_conns=3", "max_conns=2", "weight=3 max_conns=1"], "c.a.b.caaa.ba..abb-.a..c-.a..ba.a.c.a.b.-.a.b.a.a...ab-.a...", &[0, 0, 0, 3, 3, 1, 3, 5, 0, 0, 2, 0, 1, 1, 4, 3, 1, 4, 4, 2, 6, 1, 4, 2, 4, 2, 4, 0]),
];

fn pool(method: Method, parameters: &[&str]) -> Pool {
    let line = |(at, parameters): (usize, &&str)| {
        format!("127.0.0.1:{} {parameters}", 18_101 + at).trim_end().to_owned()
    };
    let lines: Vec<String> = parameters.iter().enumerate().map(line).collect();
    Pool::new(method, &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn one_request_after_another() {
    for (method, keys, parameters, expected) in SEQUENCES {
        let mut pool = pool(*method, parameters);
        let key = |at: usize| match keys {
            Keys::None => vec![],
            Keys::Uri => format!("/k{at}").into_bytes(),
            Keys::Ip => vec![127, at as u8, (at * 7 % 251) as u8],
        };
        let picked: String = (0..expected.len()).map(|at| pool.one(&key(at))).collect();
        assert_eq!(picked, *expected, "{method:?} {parameters:?}");
    }
}

#[test]
fn one_server_after_another() {
    for (method, parameters, expected) in TRIES {
        let mut pool = pool(*method, parameters);
        let key = |at: usize| match method {
            IpHash => vec![127, at as u8, 3],
            _ => format!("/k{at}").into_bytes(),
        };
        let requests = expected.split(' ').count();
        let tries: Vec<String> = (0..requests).map(|at| pool.tries(&key(at))).collect();
        assert_eq!(tries.join(" "), *expected, "{method:?} {parameters:?}");
    }
}

#[test]
fn requests_that_are_held() {
    for (method, parameters, expected, ends) in HELD {
        let mut pool = pool(*method, parameters);
        let mut held: Vec<Client> = vec![];
        let mut ends = ends.iter();
        let step = |what| match what {
            '.' => {
                let mut client = held.remove(*ends.next().unwrap());
                if client.at.is_some() {
                    pool.done(&mut client, false);
                }
                '.'
            }
            _ => {
                let mut client = Client::default();
                let at = pool.pick(&mut client);
                held.push(client);
                letter(at)
            }
        };
        let seen: String = expected.chars().map(step).collect();
        assert_eq!(seen, *expected, "{method:?} {parameters:?}");
    }
}

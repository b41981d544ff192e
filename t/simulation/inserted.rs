//! The model of bodies that subrequests insert before and behind that of a response.

use peerage::base::rng::Rng;
use peerage::http::status;
use peerage::serve::head;

use crate::exchange::{Exchange, Kind, Seen, Trust, response_body};

/// What a server does about such a subrequest, which says no more than which request it is for.
pub struct Insert {
    /// In the bytes of its body.
    pub token: String,
    pub kind: Kind,
    pub n: usize,
    pub m: usize,
}

const CALM: [Kind; 13] = [
    Kind::SizedClose,
    Kind::Old,
    Kind::Chunked,
    Kind::NoContent,
    Kind::NotModified,
    Kind::Interim,
    Kind::Error500,
    Kind::Short,
    Kind::ShortChunked,
    Kind::BadChunk,
    Kind::Garbage,
    Kind::Mute,
    // The end of a connection is the end of a body where no connection ends early.
    Kind::UntilClose,
];

/// `exact`: as for [`Trust`]. `n` is the length of the body that it is inserted into.
pub fn insert(token: &str, place: &str, n: usize, exact: bool) -> Insert {
    let token = format!("{token}{place}");
    let mut rng = Rng::new(
        token
            .bytes()
            .fold(n as u64, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte))),
    );
    let kind = match rng.below(5) {
        0 | 1 => CALM[rng.below(CALM.len() as u64) as usize],
        2 if !exact => [Kind::Reset, Kind::Silent][rng.below(2) as usize],
        _ => Kind::Sized,
    };
    let kind = if kind == Kind::UntilClose && !exact { Kind::Sized } else { kind };
    let n = match rng.below(4) {
        0 => rng.below(40) as usize,
        _ => n,
    };
    let m = rng.below(n as u64 + 1) as usize;
    Insert { token, kind, n, m }
}

/// Bytes that may stand in a place of the response, and whether they may be all that stands there.
struct Alternative {
    bytes: Vec<u8>,
    is_whole: bool,
}

impl Insert {
    /// Its body ends before its end.
    pub fn is_cut(&self) -> bool {
        is_cut(self.kind)
    }

    fn alternatives(&self, exact: bool) -> Vec<Alternative> {
        let n = if matches!(self.kind, Kind::NoContent | Kind::NotModified) { 0 } else { self.n };
        let fails = self.kind.fails() && self.kind != Kind::Error500;
        let mut all = Vec::new();
        if !fails || self.is_cut() {
            all.push(Alternative {
                bytes: response_body(&self.token, n),
                is_whole: !self.is_cut(),
            });
        }
        let statuses: &[u16] = match exact {
            true if fails || self.is_cut() => &[502],
            true => &[],
            false => &[500, 502, 504],
        };
        for &status in statuses {
            let mut bytes = Vec::new();
            status::page(status, head::NAME, &mut bytes);
            all.push(Alternative { bytes, is_whole: true });
        }
        all
    }
}

fn is_cut(kind: Kind) -> bool {
    matches!(kind, Kind::Short | Kind::ShortChunked | Kind::BadChunk | Kind::Reset)
}

impl Exchange {
    /// What is inserted at the places that it has, if its own body is sent.
    pub fn inserts(&self, exact: bool) -> impl Iterator<Item = Insert> {
        let places = [("before", self.before), ("after", self.after)];
        let places = places.into_iter().filter(|(_, is_there)| *is_there);
        places.map(move |(place, _)| insert(&self.token, place, self.n, exact))
    }

    /// Judges a body into which others are inserted.
    pub fn judge_inserted(&self, seen: &Seen, own: &[u8], trust: Trust) -> Result<(), String> {
        let own_is_cut = is_cut(self.kind);
        let at = |place, is_there: bool| match is_there {
            true => insert(&self.token, place, self.n, trust.exact).alternatives(trust.exact),
            false => vec![Alternative { bytes: Vec::new(), is_whole: true }],
        };
        let own = Alternative { bytes: own.to_vec(), is_whole: !own_is_cut };
        let (mut fits, mut is_whole) = (false, false);
        for before in at("before", self.before) {
            for after in at("after", self.after) {
                let mut whole = Vec::new();
                let mut has_end = true;
                for part in [&before, &own, &after] {
                    whole.extend_from_slice(&part.bytes);
                    has_end = part.is_whole;
                    if !has_end {
                        break;
                    }
                }
                fits |= whole.starts_with(&seen.body);
                is_whole |= has_end && whole == seen.body;
            }
        }
        let len = seen.body.len();
        if !fits {
            return Err(format!("{}: {len} bytes are out of order: {self:?}", self.token));
        }
        if seen.complete && !seen.until_close && !is_whole {
            return Err(format!("{len} bytes pass for the whole: {self:?}"));
        }
        let may_be_cut = own_is_cut
            || self.kind == Kind::EarlyClose
            || self.inserts(trust.exact).any(|it| it.is_cut());
        if trust.exact && !may_be_cut && !(seen.complete && is_whole) {
            return Err(format!("{}: {len} bytes are not all: {self:?}", self.token));
        }
        Ok(())
    }
}

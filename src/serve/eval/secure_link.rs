//! `$secure_link`, `$secure_link_expires`: whether the address of a request is proved, and until when it holds.

use crate::base::base64;
use crate::conf::value;
use crate::http::vars::{Template, Var};
use crate::worker::{RequestId, Worker};

use super::{nested, put, template};

/// The sum in base 64 at its longest.
const LONGEST: usize = 24;

#[inline(never)]
pub(super) fn variable(w: &mut Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let settings = &w.location_of(id).secure_link;
    if let Some(secret) = &settings.secret {
        return *var == Var::SecureLink && in_path(w, id, secret, out);
    }
    let (Some(link), Some(md5)) = (&settings.link, &settings.md5) else { return false };
    nested(w, id, b"secure_link", |w| {
        let mut text = w.buffers.line();
        template(w, id, link, &mut text);
        let found = match (var, Link::parse(&text)) {
            (_, None) => false,
            (Var::SecureLinkExpires, Some(link)) => {
                link.expires.is_some_and(|it| put(out, it.written))
            }
            (_, Some(link)) => {
                let holds = is_sum(w, id, link.sum, md5);
                let now = w.event.wall.secs;
                let is_over = link.expires.is_some_and(|it| (it.at as i64) < now);
                holds && put(out, if is_over { b"0" } else { b"1" })
            }
        };
        w.buffers.give_line(text);
        found
    })
}

/// What `secure_link` comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Link<'a> {
    sum: &'a [u8],
    expires: Option<Expires<'a>>,
}

/// The second in which a link ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Expires<'a> {
    written: &'a [u8],
    at: u64,
}

impl<'a> Link<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let Some(comma) = memchr::memchr(b',', text) else {
            return Some(Self { sum: text, expires: None });
        };
        let (sum, written) = (&text[..comma], &text[comma + 1..]);
        let at = value::number(written).filter(|&at| at > 0)?;
        Some(Self { sum, expires: Some(Expires { written, at }) })
    }
}

/// Whether `sum`, in base 64 for addresses, is the MD5 of what the string comes to.
fn is_sum(w: &mut Worker, id: RequestId, sum: &[u8], md5: &Template) -> bool {
    let mut bytes = w.buffers.line();
    let is_read = sum.len() <= LONGEST && base64::decode(sum, true, &mut bytes);
    let mut text = w.buffers.line();
    template(w, id, md5, &mut text);
    let is_same = is_read && *bytes == md5::compute(&text).0;
    w.buffers.give_line(text);
    w.buffers.give_line(bytes);
    is_same
}

/// `/prefix/SUM/link`: appends the link if the sum is that of link and secret, in hexadecimal.
fn in_path(w: &Worker, id: RequestId, secret: &[u8], out: &mut Vec<u8>) -> bool {
    let request = &w.requests[id];
    let target = request.line.path().of(&request.head.bytes);
    let found = sum_and_link(target).filter(|(sum, link)| {
        let made = md5::compute([link, secret].concat()).0;
        let digit = |digit: u8| char::from(digit).to_digit(16);
        sum.len() == 32
            && sum.as_chunks::<2>().0.iter().zip(made).all(|([high, low], byte)| {
                digit(*high) == Some(u32::from(byte >> 4))
                    && digit(*low) == Some(u32::from(byte & 15))
            })
    });
    found.is_some_and(|(_, link)| put(out, link))
}

fn sum_and_link(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let behind = |text: &[u8]| memchr::memchr(b'/', text).map(|at| at + 1);
    let rest = target.get(1..)?;
    let rest = &rest[behind(rest)?..];
    let start = behind(rest)?;
    Some((&rest[..start - 1], &rest[start..])).filter(|(_, link)| !link.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        assert_eq!(Link::parse(b"abc"), Some(Link { sum: b"abc", expires: None }));
        let expires = Some(Expires { written: b"17", at: 17 });
        assert_eq!(Link::parse(b"abc,17"), Some(Link { sum: b"abc", expires }));
        for wrong in ["abc,", "abc,0", "abc,-1", "abc,1x", "abc,1,2", "abc,99999999999999999999"] {
            assert_eq!(Link::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(sum_and_link(b"/p/sum/a/b?c"), Some((&b"sum"[..], &b"a/b?c"[..])));
        for wrong in ["", "/", "/p", "/p/", "/p/sum", "/p/sum/"] {
            assert_eq!(sum_and_link(wrong.as_bytes()), None, "{wrong}");
        }
    }
}

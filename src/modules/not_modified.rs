//! `If-Modified-Since` and its kin: what the client has already is not sent again.

use crate::http::dates;
use crate::http::filters::HeadFilters;
use crate::http::response::Response;
use crate::http::settings::core::IfModifiedSince;
use crate::proto::{Head, Method, Name};
use crate::worker::*;

use super::headers;

/// What the conditions of a request come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Test {
    /// The answer is due.
    Full,
    /// 304
    NotModified,
    /// 412
    Failed,
}

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let setting = w.location_of(id).core.if_modified_since;
    let r = &mut w.requests[id].it;
    // The page of an error is due whatever the client has.
    if r.response.status != 200 {
        return Filtered::Next;
    }
    let response = &r.response;
    let etag = response.fields.get(Name::Etag);
    // Of a response that comes from a server, or lies in a cache, it is one of the fields.
    let conditional = [Name::IfModifiedSince, Name::IfUnmodifiedSince];
    let asks = conditional.iter().any(|&name| r.head.get(name).is_some());
    let field = || response.fields.get(Name::LastModified).filter(|_| asks).and_then(dates::parse);
    let modified = response.rare.last_modified.or_else(field);
    match conditions(&r.head, r.method, setting, etag, modified) {
        Test::Full => {}
        Test::Failed => return Filtered::Instead(412),
        Test::NotModified => {
            r.status_override = None;
            not_modified(&mut r.response);
        }
    }
    Filtered::Next
}

/// What the response says of the representation stays, the rest goes.
fn not_modified(response: &mut Response) {
    response.status = 304;
    response.content_type.clear();
    response.content_length = None;
    response.filters.remove(HeadFilters::RANGE);
    headers::remove(&mut response.fields, b"Content-Encoding");
}

/// Whether the conditions forbid a request that changes a file (412). `file`: its tag and time; none: there is none.
pub(super) fn is_forbidden(
    head: &Head,
    method: Method,
    file: Option<(Option<&[u8]>, i64)>,
) -> bool {
    match file {
        None => head.get(Name::IfMatch).is_some(),
        Some((etag, modified)) => {
            let setting = IfModifiedSince::Exact;
            conditions(head, method, setting, etag, Some(modified)) == Test::Failed
        }
    }
}

/// In the order of RFC 9110, 13.2.2: a tag says more than a time, which is then not looked at.
fn conditions(
    head: &Head,
    method: Method,
    setting: IfModifiedSince,
    etag: Option<&[u8]>,
    modified: Option<i64>,
) -> Test {
    // 13.2.1: they ask for no representation.
    if method == Method::Options {
        return Test::Full;
    }
    let date = |name| head.get(name).and_then(dates::parse).zip(modified);
    let is_unmet = match matches(head.all(Name::IfMatch), etag, false) {
        Some(matches) => !matches,
        None => date(Name::IfUnmodifiedSince).is_some_and(|(since, modified)| since < modified),
    };
    if is_unmet {
        return Test::Failed;
    }
    let is_read = matches!(method, Method::Get | Method::Head);
    let is_known = match matches(head.all(Name::IfNoneMatch), etag, true) {
        Some(true) if !is_read => return Test::Failed,
        Some(matches) => matches,
        None => is_read && date(Name::IfModifiedSince).is_some_and(|it| !is_modified(it, setting)),
    };
    match is_known {
        true => Test::NotModified,
        false => Test::Full,
    }
}

fn is_modified((since, modified): (i64, i64), setting: IfModifiedSince) -> bool {
    match setting {
        IfModifiedSince::Off => true,
        IfModifiedSince::Exact => since != modified,
        IfModifiedSince::Before => since < modified,
    }
}

/// Is the tag in the list that the lines of a field are together? None: there are none. A weak comparison does
/// not see the `W/`.
fn matches<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    etag: Option<&[u8]>,
    weak: bool,
) -> Option<bool> {
    let is_same = |tag: &[u8]| {
        let tag = tag.trim_ascii();
        etag.is_some_and(|etag| match weak {
            true => without_weakness(tag) == without_weakness(etag),
            false => tag == etag,
        })
    };
    let mut found = None;
    for line in lines {
        let is_in = line == b"*" || line.split(|&byte| byte == b',').any(is_same);
        found = Some(found == Some(true) || is_in);
    }
    found
}

fn without_weakness(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: &str = "Thu, 01 Jan 1970 00:16:40 GMT";
    const LATER: &str = "Thu, 01 Jan 1970 00:16:41 GMT";
    const BEFORE: &str = "Thu, 01 Jan 1970 00:16:39 GMT";

    fn of(fields: &[(&str, &str)], setting: IfModifiedSince) -> Test {
        let mut head = Head::default();
        for (name, value) in fields {
            head.push_copy(name.as_bytes(), value.as_bytes());
        }
        conditions(&head, Method::Get, setting, Some(b"\"a\""), Some(1000))
    }

    #[test]
    fn times() {
        let since = |date, setting| of(&[("If-Modified-Since", date)], setting);
        assert_eq!(since(EPOCH, IfModifiedSince::Exact), Test::NotModified);
        assert_eq!(since(LATER, IfModifiedSince::Exact), Test::Full);
        assert_eq!(since(LATER, IfModifiedSince::Before), Test::NotModified);
        assert_eq!(since(BEFORE, IfModifiedSince::Before), Test::Full);
        assert_eq!(since("nonsense", IfModifiedSince::Before), Test::Full);
        assert_eq!(since(EPOCH, IfModifiedSince::Off), Test::Full);
        let unmodified = |date| of(&[("If-Unmodified-Since", date)], IfModifiedSince::Exact);
        assert_eq!(unmodified(EPOCH), Test::Full);
        assert_eq!(unmodified(LATER), Test::Full);
        assert_eq!(unmodified(BEFORE), Test::Failed);
        // 13.1.4: what is no date is ignored.
        assert_eq!(unmodified("nonsense"), Test::Full);
    }

    #[test]
    fn tags() {
        let none = |tags| of(&[("If-None-Match", tags)], IfModifiedSince::Exact);
        for tags in ["*", "\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\" "] {
            assert_eq!(none(tags), Test::NotModified, "{tags}");
        }
        for tags in ["", "a", "\"b\"", "\"ab\"", "*,"] {
            assert_eq!(none(tags), Test::Full, "{tags}");
        }
        let matching = |tags| of(&[("If-Match", tags)], IfModifiedSince::Exact);
        assert_eq!(matching("\"b\", \"a\""), Test::Full);
        assert_eq!(matching("*"), Test::Full);
        assert_eq!(matching("W/\"a\""), Test::Failed);
    }

    #[test]
    fn a_tag_stands_in_for_a_time() {
        for (since, tag, want) in [
            (EPOCH, "\"b\"", Test::Full),
            (EPOCH, "\"a\"", Test::NotModified),
            (BEFORE, "\"a\"", Test::NotModified),
            (BEFORE, "\"b\"", Test::Full),
        ] {
            let both = [("If-Modified-Since", since), ("If-None-Match", tag)];
            assert_eq!(of(&both, IfModifiedSince::Exact), want, "{since} {tag}");
        }
        for (since, tag, want) in [(BEFORE, "\"a\"", Test::Full), (LATER, "\"b\"", Test::Failed)] {
            let both = [("If-Unmodified-Since", since), ("If-Match", tag)];
            assert_eq!(of(&both, IfModifiedSince::Exact), want, "{since} {tag}");
        }
    }

    #[test]
    fn lines_are_one_list() {
        let of = |fields: &[(&str, &str)]| of(fields, IfModifiedSince::Exact);
        let none = ("If-None-Match", "\"b\"");
        assert_eq!(of(&[none, ("If-None-Match", "\"a\"")]), Test::NotModified);
        assert_eq!(of(&[("If-None-Match", "\"a\""), none]), Test::NotModified);
        assert_eq!(of(&[none, none]), Test::Full);
        let matching = ("If-Match", "\"b\"");
        assert_eq!(of(&[matching, ("If-Match", "\"a\"")]), Test::Full);
        assert_eq!(of(&[matching, matching]), Test::Failed);
    }

    #[test]
    fn methods_that_read_nothing() {
        let of = |method, name: &str, value: &str| {
            let mut head = Head::default();
            head.push_copy(name.as_bytes(), value.as_bytes());
            conditions(&head, method, IfModifiedSince::Exact, Some(b"\"a\""), Some(1000))
        };
        assert_eq!(of(Method::Head, "If-None-Match", "*"), Test::NotModified);
        assert_eq!(of(Method::Post, "If-None-Match", "*"), Test::Failed);
        assert_eq!(of(Method::Post, "If-None-Match", "\"b\""), Test::Full);
        assert_eq!(of(Method::Post, "If-Modified-Since", EPOCH), Test::Full);
        assert_eq!(of(Method::Post, "If-Match", "\"b\""), Test::Failed);
        assert_eq!(of(Method::Options, "If-Match", "\"b\""), Test::Full);
        assert_eq!(of(Method::Options, "If-None-Match", "*"), Test::Full);
    }

    #[test]
    fn an_answer_without_tag_or_time() {
        let of = |head: &Head| conditions(head, Method::Get, IfModifiedSince::Exact, None, None);
        let mut head = Head::default();
        assert_eq!(of(&head), Test::Full);
        // 13.1.4: without a time of its own nothing is known of it.
        head.push_copy(b"If-Unmodified-Since", EPOCH.as_bytes());
        assert_eq!(of(&head), Test::Full);
        head.push_copy(b"If-Match", b"\"a\"");
        assert_eq!(of(&head), Test::Failed);
    }
}

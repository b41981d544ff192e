//! `If-Modified-Since` and its kin: what the client has already is not sent again.

use crate::http::dates;
use crate::http::settings::core::IfModifiedSince;
use crate::proto::{Head, Name};
use crate::serve::respond;
use crate::worker::*;

/// What the conditions of a request come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Test {
    /// The answer is due.
    Full,
    /// 304
    NotModified,
    /// 412
    Failed,
}

/// Tests the request's conditions for an answer of this status, tag and time.
pub(super) fn test(
    w: &Worker,
    id: RequestId,
    status: u16,
    etag: Option<&[u8]>,
    modified: Option<i64>,
) -> Test {
    let r = &w.requests[id];
    // The page of an error is due whatever the client has.
    if r.status_override.unwrap_or(status) != 200 {
        return Test::Full;
    }
    conditions(&r.head, w.location_of(id).core.if_modified_since, etag, modified)
}

fn conditions(
    head: &Head,
    setting: IfModifiedSince,
    etag: Option<&[u8]>,
    modified: Option<i64>,
) -> Test {
    if head.get(Name::IfUnmodifiedSince).is_some_and(|since| !is_unmodified(since, modified)) {
        return Test::Failed;
    }
    if head.get(Name::IfMatch).is_some_and(|tags| !matches(tags, etag, false)) {
        return Test::Failed;
    }
    let since = head.get(Name::IfModifiedSince);
    let tags = head.get(Name::IfNoneMatch);
    let is_known = since.is_none_or(|since| !is_modified(since, setting, modified))
        && tags.is_none_or(|tags| matches(tags, etag, true));
    match is_known && (since.is_some() || tags.is_some()) {
        true => Test::NotModified,
        false => Test::Full,
    }
}

fn is_unmodified(since: &[u8], modified: Option<i64>) -> bool {
    modified.is_some_and(|modified| dates::parse(since).unwrap_or(-1) >= modified)
}

fn is_modified(since: &[u8], setting: IfModifiedSince, modified: Option<i64>) -> bool {
    let since = dates::parse(since).unwrap_or(-1);
    match (setting, modified) {
        (IfModifiedSince::Off, _) | (_, None) => true,
        (IfModifiedSince::Exact, Some(modified)) => since != modified,
        (IfModifiedSince::Before, Some(modified)) => since < modified,
    }
}

/// Is the tag in the list? A weak comparison does not see the `W/`.
fn matches(list: &[u8], etag: Option<&[u8]>, weak: bool) -> bool {
    if list == b"*" {
        return true;
    }
    let strip = |tag| match weak {
        true => <[u8]>::strip_prefix(tag, b"W/").unwrap_or(tag),
        false => tag,
    };
    etag.is_some_and(|etag| {
        list.split(|&byte| byte == b',').any(|tag| strip(tag.trim_ascii()) == strip(etag))
    })
}

/// Answers 304: what the response says of the representation stays, the rest goes.
pub(super) fn send(w: &mut Worker, id: RequestId) {
    let r = &mut w.requests[id];
    r.status_override = None;
    r.response.status = 304;
    r.response.content_type.clear();
    r.response.content_length = None;
    if respond::begin(w, id) {
        respond::write(w, id, &[], true);
    }
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
        conditions(&head, setting, Some(b"\"a\""), Some(1000))
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
        assert_eq!(unmodified("nonsense"), Test::Failed);
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
        let both = [("If-Modified-Since", EPOCH), ("If-None-Match", "\"b\"")];
        assert_eq!(of(&both, IfModifiedSince::Exact), Test::Full);
        let both = [("If-Modified-Since", EPOCH), ("If-None-Match", "\"a\"")];
        assert_eq!(of(&both, IfModifiedSince::Exact), Test::NotModified);
    }

    #[test]
    fn an_answer_without_tag_or_time() {
        let mut head = Head::default();
        assert_eq!(conditions(&head, IfModifiedSince::Exact, None, None), Test::Full);
        head.push_copy(b"If-Match", b"\"a\"");
        assert_eq!(conditions(&head, IfModifiedSince::Exact, None, None), Test::Failed);
    }
}

//! Whether a client is sent gzip or brotli: what it says in `Accept-Encoding`, and what the location says of it.

use crate::http::dates;
use crate::http::request::Request;
use crate::http::settings::gzip::{Gzip, Proxied};
use crate::http::user_agent;
use crate::proto::{AcceptEncoding, Coding, Head, Name, head};
use crate::serve::{downstream, log};
use crate::worker::*;

/// nginx's `ngx_http_gzip_ok`: the first answer holds for the whole request. What a subrequest makes is compressed with
/// the body of its main request, or not at all.
pub fn gzip(w: &mut Worker, id: RequestId) -> bool {
    if let Some(known) = w.requests[id].rare.accepts_gzip {
        return known;
    }
    let settings = &w.location_of(id).gzip;
    let accepts = by_request(w, id, settings);
    w.requests[id].rare.get_or_insert().accepts_gzip = Some(accepts);
    accepts
}

/// What the request says of codings.
pub fn named(r: &Request) -> AcceptEncoding {
    AcceptEncoding::read(r.head.all(Name::AcceptEncoding))
}

/// As `gzip`, of brotli. ngx_brotli leaves all else that decides about gzip out: versions, proxies, kinds of clients.
pub fn brotli(w: &Worker, id: RequestId) -> bool {
    let r = &w.requests[id];
    !downstream::is_subrequest(r) && named(r).takes(Coding::Brotli)
}

fn by_request(w: &Worker, id: RequestId, settings: &Gzip) -> bool {
    let r = &w.requests[id];
    let is_main = !downstream::is_subrequest(r);
    if !is_main || r.line.version < settings.http_version || !named(r).takes(Coding::Gzip) {
        return false;
    }
    let agent = r.head.get(Name::UserAgent);
    if settings.disable_msie6 && agent.is_some_and(user_agent::is_msie6) {
        return false;
    }
    let is_behind_proxy = r.head.get(Name::Via).is_some();
    if is_behind_proxy
        && !is_for_proxies(settings.proxied, &r.head, &r.response.fields, w.event.wall.secs)
    {
        return false;
    }
    !agent.is_some_and(|agent| is_disabled(w, id, settings, agent))
}

fn is_disabled(w: &Worker, id: RequestId, settings: &Gzip, agent: &[u8]) -> bool {
    settings.disable.iter().any(|pattern| {
        pattern.regex.is_match(agent).unwrap_or_else(|_| {
            log::regex_failed(w, id, Some(&pattern.regex), agent);
            false
        })
    })
}

/// `gzip_proxied`: whether a proxy between us and the client may get the response compressed.
fn is_for_proxies(words: Proxied, request: &Head, response: &Head, now: i64) -> bool {
    if words.contains(Proxied::OFF) {
        return false;
    }
    if words.contains(Proxied::ANY)
        || words.contains(Proxied::AUTH) && request.get(Name::Authorization).is_some()
    {
        return true;
    }
    if let Some(expires) = response.get(Name::Expires) {
        let date = match response.get(Name::Date) {
            Some(date) => dates::parse(date),
            None => Some(now),
        };
        return words.contains(Proxied::EXPIRED)
            && dates::parse(expires).zip(date).is_some_and(|(expires, date)| expires < date);
    }
    let mut controls = response.all(Name::CacheControl).peekable();
    if controls.peek().is_some() {
        return controls.flat_map(head::list).any(|control| {
            let is = |word, name: &[u8]| words.contains(word) && control.eq_ignore_ascii_case(name);
            is(Proxied::NO_CACHE, b"no-cache")
                || is(Proxied::NO_STORE, b"no-store")
                || is(Proxied::PRIVATE, b"private")
        });
    }
    let has = |word, name| words.contains(word) && response.get(name).is_some();
    !has(Proxied::NO_LAST_MODIFIED, Name::LastModified) && !has(Proxied::NO_ETAG, Name::Etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&str, &str)]) -> Head {
        let mut head = Head::default();
        for (name, value) in fields {
            head.push_copy(name.as_bytes(), value.as_bytes());
        }
        head
    }

    #[test]
    fn proxies() {
        const NOW: i64 = 1000;
        let past = ("Expires", "Thu, 01 Jan 1970 00:16:39 GMT");
        let future = ("Expires", "Thu, 01 Jan 1970 00:16:41 GMT");
        let later = ("Date", "Thu, 01 Jan 1970 00:17:00 GMT");
        let (lm, etag) = (("Last-Modified", "x"), ("ETag", "x"));
        let control = |value| ("Cache-Control", value);
        for (words, response, want) in [
            (Proxied::OFF, &[][..], false),
            (Proxied(Proxied::OFF.0 | Proxied::ANY.0), &[], false),
            (Proxied::ANY, &[future, lm], true),
            (Proxied::EXPIRED, &[past], true),
            (Proxied::EXPIRED, &[future], false),
            (Proxied::EXPIRED, &[future, later], true),
            (Proxied::EXPIRED, &[("Expires", "x")], false),
            (Proxied::NO_CACHE, &[past], false),
            (Proxied::EXPIRED, &[control("no-cache")], false),
            (Proxied::NO_CACHE, &[control("no-cache")], true),
            (Proxied::NO_CACHE, &[control("max-age=1"), control("x, No-Cache")], true),
            (Proxied::NO_STORE, &[control("no-cache")], false),
            (Proxied::NO_STORE, &[control("no-store")], true),
            (Proxied::PRIVATE, &[control("private")], true),
            (Proxied::PRIVATE, &[], true),
            (Proxied::NO_LAST_MODIFIED, &[lm], false),
            (Proxied::NO_LAST_MODIFIED, &[etag], true),
            (Proxied::NO_ETAG, &[etag], false),
            (Proxied::NO_ETAG, &[lm], true),
            (Proxied::AUTH, &[past], false),
        ] {
            let response = head(response);
            assert_eq!(is_for_proxies(words, &head(&[]), &response, NOW), want, "{words:?}");
        }
        let request = head(&[("Authorization", "x")]);
        assert!(is_for_proxies(Proxied::AUTH, &request, &head(&[past]), NOW));
    }
}

//! The entries that every connection has (RFC 7541, appendix A).

use crate::proto::Name;
use crate::proto::h2::field::{Facts, Kind};

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) facts: Facts,
}

const fn row(name: &'static str, value: &'static str, id: Name, kind: Kind) -> Row {
    Row { name, value, facts: Facts { id, kind, good_value: true } }
}

/// The entry with the index 1 is the first.
#[rustfmt::skip]
pub(super) static ROWS: [Row; 61] = [
    row(":authority", "", Name::Other, Kind::Authority),
    row(":method", "GET", Name::Other, Kind::Method),
    row(":method", "POST", Name::Other, Kind::Method),
    row(":path", "/", Name::Other, Kind::Path),
    row(":path", "/index.html", Name::Other, Kind::Path),
    row(":scheme", "http", Name::Other, Kind::Scheme),
    row(":scheme", "https", Name::Other, Kind::Scheme),
    row(":status", "200", Name::Other, Kind::Bad),
    row(":status", "204", Name::Other, Kind::Bad),
    row(":status", "206", Name::Other, Kind::Bad),
    row(":status", "304", Name::Other, Kind::Bad),
    row(":status", "400", Name::Other, Kind::Bad),
    row(":status", "404", Name::Other, Kind::Bad),
    row(":status", "500", Name::Other, Kind::Bad),
    row("accept-charset", "", Name::Other, Kind::Plain),
    row("accept-encoding", "gzip, deflate", Name::AcceptEncoding, Kind::Plain),
    row("accept-language", "", Name::AcceptLanguage, Kind::Plain),
    row("accept-ranges", "", Name::AcceptRanges, Kind::Plain),
    row("accept", "", Name::Accept, Kind::Plain),
    row("access-control-allow-origin", "", Name::Other, Kind::Plain),
    row("age", "", Name::Age, Kind::Plain),
    row("allow", "", Name::Allow, Kind::Plain),
    row("authorization", "", Name::Authorization, Kind::Plain),
    row("cache-control", "", Name::CacheControl, Kind::Plain),
    row("content-disposition", "", Name::ContentDisposition, Kind::Plain),
    row("content-encoding", "", Name::ContentEncoding, Kind::Plain),
    row("content-language", "", Name::ContentLanguage, Kind::Plain),
    row("content-length", "", Name::ContentLength, Kind::Plain),
    row("content-location", "", Name::Other, Kind::Plain),
    row("content-range", "", Name::ContentRange, Kind::Plain),
    row("content-type", "", Name::ContentType, Kind::Plain),
    row("cookie", "", Name::Cookie, Kind::Cookie),
    row("date", "", Name::Date, Kind::Plain),
    row("etag", "", Name::Etag, Kind::Plain),
    row("expect", "", Name::Expect, Kind::Plain),
    row("expires", "", Name::Expires, Kind::Plain),
    row("from", "", Name::Other, Kind::Plain),
    row("host", "", Name::Host, Kind::Host),
    row("if-match", "", Name::IfMatch, Kind::Plain),
    row("if-modified-since", "", Name::IfModifiedSince, Kind::Plain),
    row("if-none-match", "", Name::IfNoneMatch, Kind::Plain),
    row("if-range", "", Name::IfRange, Kind::Plain),
    row("if-unmodified-since", "", Name::IfUnmodifiedSince, Kind::Plain),
    row("last-modified", "", Name::LastModified, Kind::Plain),
    row("link", "", Name::Link, Kind::Plain),
    row("location", "", Name::Location, Kind::Plain),
    row("max-forwards", "", Name::Other, Kind::Plain),
    row("proxy-authenticate", "", Name::ProxyAuthenticate, Kind::Plain),
    row("proxy-authorization", "", Name::ProxyAuthorization, Kind::Plain),
    row("range", "", Name::Range, Kind::Plain),
    row("referer", "", Name::Referer, Kind::Plain),
    row("refresh", "", Name::Refresh, Kind::Plain),
    row("retry-after", "", Name::Other, Kind::Plain),
    row("server", "", Name::Server, Kind::Plain),
    row("set-cookie", "", Name::SetCookie, Kind::Plain),
    row("strict-transport-security", "", Name::Other, Kind::Plain),
    row("transfer-encoding", "", Name::TransferEncoding, Kind::Bad),
    row("user-agent", "", Name::UserAgent, Kind::Plain),
    row("vary", "", Name::Vary, Kind::Plain),
    row("via", "", Name::Via, Kind::Plain),
    row("www-authenticate", "", Name::WwwAuthenticate, Kind::Plain),
];

/// The index of the entry with this name; 0: there is none. Names without an id are written in full.
pub(super) fn index_of(id: Name) -> usize {
    usize::from(INDEX[id as usize])
}

static INDEX: [u8; 128] = {
    let (mut index, mut at) = ([0; 128], ROWS.len());
    while at > 0 {
        at -= 1;
        index[ROWS[at].facts.id as usize] = at as u8 + 1;
    }
    index[Name::Other as usize] = 0;
    index
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_what_would_be_found() {
        for row in &ROWS {
            let found = Facts::of(row.name.as_bytes(), row.value.as_bytes());
            assert_eq!(row.facts, found, "{}", row.name);
        }
    }

    #[test]
    fn indices_of_names() {
        assert_eq!(index_of(Name::Server), 54);
        assert_eq!(index_of(Name::WwwAuthenticate), 61);
        assert_eq!(index_of(Name::Other), 0);
        assert_eq!(index_of(Name::Connection), 0);
        for (at, row) in ROWS.iter().enumerate().filter(|it| it.1.facts.id != Name::Other) {
            assert_eq!(index_of(row.facts.id), at + 1);
        }
    }
}

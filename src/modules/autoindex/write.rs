//! The list of a directory as HTML, JSON, JSONP or XML: nginx's, byte for byte.

use std::io::Write;

use crate::http::dates::{self, Calendar};
use crate::http::listing::{Entry, Kind, Listing};
use crate::http::settings::autoindex::{Autoindex, ListFormat};
use crate::http::uri::{self, Escape};

/// How a list is written, and for which uri.
pub(super) struct List<'a> {
    pub settings: &'a Autoindex,
    pub uri: &'a [u8],
    /// Seconds east of Greenwich, for `autoindex_localtime`.
    pub offset: i32,
}

impl List<'_> {
    /// Appends up to `count` entries, what stands before the first and what stands behind the last. True: that is all.
    pub(super) fn write(&self, listing: &mut Listing, count: usize, out: &mut Vec<u8>) -> bool {
        let is_first = !std::mem::replace(&mut listing.is_begun, true);
        if is_first {
            self.begin(listing, out);
        }
        for at in 0..count {
            let Some(entry) = listing.entries.pop_first() else { break };
            self.entry(&entry, listing.utf8, is_first && at == 0, out);
        }
        let is_last = listing.entries.is_empty();
        if is_last {
            self.end(listing, out);
        }
        is_last
    }

    fn begin(&self, listing: &Listing, out: &mut Vec<u8>) {
        match self.settings.format {
            ListFormat::Html => {
                out.extend_from_slice(b"<html>\r\n<head><title>Index of ");
                uri::escape_entities(self.uri, out);
                out.extend_from_slice(b"</title></head>\r\n<body>\r\n<h1>Index of ");
                uri::escape_entities(self.uri, out);
                out.extend_from_slice(b"</h1><hr><pre><a href=\"../\">../</a>\r\n");
            }
            ListFormat::Jsonp if !listing.callback.is_empty() => {
                out.extend_from_slice(b"/* callback */\r\n");
                out.extend_from_slice(&listing.callback);
                out.extend_from_slice(b"([");
            }
            ListFormat::Json | ListFormat::Jsonp => out.push(b'['),
            ListFormat::Xml => out.extend_from_slice(b"<?xml version=\"1.0\"?>\r\n<list>\r\n"),
        }
    }

    fn end(&self, listing: &Listing, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.settings.format {
            ListFormat::Html => b"</pre><hr></body>\r\n</html>\r\n",
            ListFormat::Jsonp if !listing.callback.is_empty() => b"\r\n]);",
            ListFormat::Json | ListFormat::Jsonp => b"\r\n]",
            ListFormat::Xml => b"</list>\r\n",
        });
    }

    fn entry(&self, entry: &Entry, utf8: bool, is_first: bool, out: &mut Vec<u8>) {
        match self.settings.format {
            ListFormat::Html => self.html(entry, utf8, out),
            ListFormat::Json | ListFormat::Jsonp => json(entry, is_first, out),
            ListFormat::Xml => xml(entry, out),
        }
    }

    fn html(&self, entry: &Entry, utf8: bool, out: &mut Vec<u8>) {
        let is_directory = entry.kind == Kind::Directory;
        out.extend_from_slice(b"<a href=\"");
        uri::escape(&entry.name, Escape::Component, out);
        if is_directory {
            out.push(b'/');
        }
        out.extend_from_slice(b"\">");
        let (mut len, cut) = shown(&entry.name, utf8);
        uri::escape_entities(&entry.name[..cut], out);
        if len > WIDTH {
            out.extend_from_slice(b"..&gt;</a>");
        } else {
            if is_directory && len < WIDTH {
                out.push(b'/');
                len += 1;
            }
            out.extend_from_slice(b"</a>");
            out.resize(out.len() + WIDTH - len, b' ');
        }
        let offset = if self.settings.localtime { i64::from(self.offset) } else { 0 };
        let t = Calendar::new(entry.modified.saturating_add(offset));
        let month = dates::MONTHS[t.month - 1];
        let (day, year, hour, minute) = (t.day, t.year, t.hour, t.minute);
        let _ = write!(out, " {day:02}-{month}-{year} {hour:02}:{minute:02} ");
        let _ = match (is_directory, self.settings.exact_size) {
            (true, true) => write!(out, "{:>19}", '-'),
            (true, false) => write!(out, "{:>7}", '-'),
            (false, true) => write!(out, "{:>19}", entry.size),
            (false, false) => match rounded(entry.size) {
                (size, None) => write!(out, "{size:>7}"),
                (size, Some(unit)) => write!(out, "{size:>6}{unit}"),
            },
        };
        out.extend_from_slice(b"\r\n");
    }
}

/// Columns of a name.
const WIDTH: usize = 50;

/// The columns that a name takes, and how many bytes of it are shown: those of a long one make room for `..>`.
fn shown(name: &[u8], utf8: bool) -> (usize, usize) {
    let text = if utf8 { std::str::from_utf8(name).ok() } else { None };
    match text {
        None if name.len() > WIDTH => (name.len(), WIDTH - 3),
        None => (name.len(), name.len()),
        Some(text) => match text.chars().count() {
            len if len > WIDTH => {
                let cut = text.char_indices().nth(WIDTH - 3).map_or(name.len(), |(at, _)| at);
                (len, cut)
            }
            len => (len, name.len()),
        },
    }
}

/// A size in bytes, or rounded to K, M or G.
fn rounded(size: u64) -> (u64, Option<char>) {
    const K: u64 = 1 << 10;
    let (unit, letter) = match size {
        0..=9999 => return (size, None),
        size if size < K * K => (K, 'K'),
        size if size < K * K * K => (K * K, 'M'),
        _ => (K * K * K, 'G'),
    };
    (size / unit + u64::from(size % unit >= unit / 2), Some(letter))
}

fn json(entry: &Entry, is_first: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if is_first { b"\r\n{ \"name\":\"" } else { b",\r\n{ \"name\":\"" });
    escape_json(&entry.name, out);
    let _ = write!(out, "\", \"type\":\"{}\", \"mtime\":\"", name_of(entry));
    out.extend_from_slice(&dates::http(entry.modified));
    out.push(b'"');
    if name_of(entry) == "file" {
        let _ = write!(out, ", \"size\":{}", entry.size);
    }
    out.extend_from_slice(b" }");
}

fn xml(entry: &Entry, out: &mut Vec<u8>) {
    let name = name_of(entry);
    let t = Calendar::new(entry.modified);
    let (year, month, day) = (t.year, t.month, t.day);
    let (hour, minute, second) = (t.hour, t.minute, t.second);
    let _ = write!(out, "<{name} mtime=\"{year:04}-{month:02}-{day:02}T");
    let _ = write!(out, "{hour:02}:{minute:02}:{second:02}Z\"");
    if name == "file" {
        let _ = write!(out, " size=\"{}\"", entry.size);
    }
    out.push(b'>');
    uri::escape_entities(&entry.name, out);
    let _ = write!(out, "</{name}>\r\n");
}

fn name_of(entry: &Entry) -> &'static str {
    match (entry.kind, entry.is_special) {
        (Kind::Directory, _) => "directory",
        (Kind::Other, true) => "other",
        (Kind::Other, false) => "file",
    }
}

/// For a string within quotes.
fn escape_json(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\\' | b'"' => out.extend([b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            0..=0x1f => {
                let _ = write!(out, "\\u{byte:04X}");
            }
            byte => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (size, shown) in [
            (0, (0, None)),
            (9999, (9999, None)),
            (10_000, (10, Some('K'))),
            (10_751, (10, Some('K'))),
            (10_752, (11, Some('K'))),
            (1_048_575, (1024, Some('K'))),
            (1_572_864, (2, Some('M'))),
            (1 << 30, (1, Some('G'))),
            (u64::MAX, (1 << 34, Some('G'))),
        ] {
            assert_eq!(rounded(size), shown, "{size}");
        }
    }

    #[test]
    fn names_take_columns() {
        let name = |n: usize| "é".repeat(n).into_bytes();
        assert_eq!(shown(&name(50), true), (50, 100));
        assert_eq!(shown(&name(51), true), (51, 94));
        assert_eq!(shown(&name(26), false), (52, 47));
        assert_eq!(shown(b"\xff\xff", true), (2, 2));
    }

    #[test]
    fn names_are_escaped() {
        let mut out = Vec::new();
        escape_json(b"a\"\\\n\x01\xff", &mut out);
        assert_eq!(out, b"a\\\"\\\\\\n\\u0001\xff");
    }
}

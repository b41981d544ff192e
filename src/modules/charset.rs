//! The charset that a server has named in `X-Accel-Charset` goes into the type of the answer.
//!
//! It is named, not converted to: an answer that says another charset keeps that.

use crate::serve::log::{self, Level};
use crate::worker::*;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let response = &mut w.requests[id].response;
    let charset = response.rare.if_any().and_then(|rare| rare.charset.take());
    let Some(charset) = charset.filter(|_| !response.content_type.is_empty()) else {
        return Filtered::Next;
    };
    let Some(said) = charset_of(&response.content_type) else {
        response.content_type.extend_from_slice(b"; charset=");
        response.content_type.extend_from_slice(&charset);
        return Filtered::Next;
    };
    if !said.eq_ignore_ascii_case(&charset) {
        let (from, to) = (String::from_utf8_lossy(said), String::from_utf8_lossy(&charset));
        let text = format!("no \"charset_map\" between the charsets \"{from}\" and \"{to}\"");
        log::error(w, id, Level::Error, format_args!("{text}"));
    }
    Filtered::Next
}

/// What a type says of its charset.
fn charset_of(content_type: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"charset=";
    content_type.split(|c| *c == b';').skip(1).find_map(|parameter| {
        let parameter = parameter.trim_ascii();
        let (name, value) = parameter.split_at_checked(NAME.len())?;
        let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        name.eq_ignore_ascii_case(NAME).then_some(quoted.unwrap_or(value))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn charsets_are_found() {
        for (content_type, charset) in [
            ("text/html", None),
            ("text/html; charset=utf-8", Some("utf-8")),
            ("text/html;CharSet=\"utf-8\" ; x=y", Some("utf-8")),
            ("text/html; x=y; charset=", Some("")),
            ("charset=utf-8", None),
            ("text/html; xcharset=utf-8;;char", None),
        ] {
            let found = super::charset_of(content_type.as_bytes());
            assert_eq!(found, charset.map(str::as_bytes), "{content_type}");
        }
    }
}

//! `$cookie_NAME`.

/// The value of a cookie, over all Cookie lines, as sent. A `;` alone ends a pair (RFC 6265, 5.4). As in
/// nginx, names are compared in any case, and quotes mean nothing.
pub fn find<'a>(lines: impl IntoIterator<Item = &'a [u8]>, name: &[u8]) -> Option<&'a [u8]> {
    lines.into_iter().find_map(|line| find_in(line, name))
}

fn find_in<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = without_spaces(line);
    while !rest.is_empty() {
        if let Some(value) = value(rest, name) {
            let end = memchr::memchr(b';', value).unwrap_or(value.len());
            return Some(&value[..end]);
        }
        let end = memchr::memchr(b';', rest)?;
        rest = without_spaces(&rest[end + 1..]);
    }
    None
}

/// What is behind `name=`, if `text` begins so.
fn value<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(name.len())?;
    let rest = without_spaces(rest).strip_prefix(b"=")?;
    start.eq_ignore_ascii_case(name).then(|| without_spaces(rest))
}

fn without_spaces(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|&&b| b == b' ').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row was asked of nginx 1.22, which splits at a comma, too.
    #[test]
    fn finds_as_nginx_does() {
        for (lines, value) in [
            (&["a=1; b=2"][..], Some("1")),
            (&["A=1"], Some("1")),
            (&["xa=0; a=1"], Some("1")),
            (&["b=a=3; a=4"], Some("4")),
            (&["b=1,a=5"], None),
            (&["b=1,a=5; a=6"], Some("6")),
            (&["a=1,b=2; c"], Some("1,b=2")),
            (&["a = 6 ;b"], Some("6 ")),
            (&["a"], None),
            (&["a="], Some("")),
            (&["a=\"x;y\""], Some("\"x")),
            (&["ab=2;a=1"], Some("1")),
            (&["  a=7"], Some("7")),
            (&["b=1", "a=2"], Some("2")),
            (&[""], None),
            (&[";;, ;"], None),
        ] {
            let found = find(lines.iter().map(|line| line.as_bytes()), b"a");
            assert_eq!(found, value.map(str::as_bytes), "{lines:?}");
        }
    }
}

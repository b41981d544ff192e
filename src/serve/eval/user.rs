//! `$remote_user`: the name in `Authorization: Basic`.

/// Appends the name; false if the field holds none.
pub(super) fn basic(field: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let found = credentials(field, out).and_then(|()| {
        let colon = out[start..].iter().position(|&byte| byte == b':')?;
        (colon > 0).then_some(start + colon)
    });
    out.truncate(found.unwrap_or(start));
    found.is_some()
}

fn credentials(field: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (scheme, text) = field.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let text = text.trim_ascii_start();
    let end = text.iter().position(|&byte| byte == b'=').unwrap_or(text.len());
    // One digit over is no byte.
    if text.is_empty() || end % 4 == 1 {
        return None;
    }
    let (mut bits, mut count) = (0_u32, 0);
    for &digit in &text[..end] {
        bits = bits << 6 | u32::from(value(digit)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(())
}

/// Of a digit in base 64.
fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn the_name_is_before_the_colon() {
        let name = |field: &str| {
            let mut out = b"<".to_vec();
            let found = basic(field.as_bytes(), &mut out);
            assert!(found || out == b"<");
            found.then(|| String::from_utf8(out[1..].to_vec()).unwrap())
        };
        assert_eq!(name("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Some("Aladdin".into()));
        assert_eq!(name("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ"), Some("Aladdin".into()));
        for field in [
            "",
            "Basic",
            "Basic ",
            "Basic A",
            "Basic QUJD",
            "Basic OkFC",
            "Bearer QTpC",
            "Basic Q*==",
        ] {
            assert_eq!(name(field), None, "{field}");
        }
    }
}

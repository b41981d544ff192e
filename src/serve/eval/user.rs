//! `$remote_user`: the name in `Authorization: Basic`.

use crate::http::passwords::credentials;

/// Appends the name; false if the field holds none.
pub(super) fn basic(field: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let found = credentials(field, out);
    out.truncate(start + found.unwrap_or(0));
    found.is_some()
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

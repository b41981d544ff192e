//! `$remote_user`: the name in `Authorization: Basic`; `$uid_got`, `$uid_set`: the identifier in a cookie.

use crate::http::passwords::credentials;
use crate::http::settings::userid::Mode;
use crate::http::vars::Var;
use crate::worker::{RequestId, Worker};

use super::super::{downstream, userid};

use crate::base::base64;

/// Appends the name; false if the field holds none.
pub(super) fn basic(field: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let found = credentials(field, out);
    out.truncate(start + found.unwrap_or(0));
    found.is_some()
}

fn credentials(field: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (scheme, text) = field.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let text = text.trim_ascii_start();
    (!text.is_empty() && base64::decode(text, false, out)).then_some(())
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

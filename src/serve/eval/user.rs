//! `$remote_user`: the name in `Authorization: Basic`; `$uid_got`, `$uid_set`: the identifier in a cookie.

use crate::http::passwords::credentials;
use crate::http::settings::userid::Mode;
use crate::http::vars::Var;
use crate::worker::{RequestId, Worker};

use super::super::{downstream, userid};

/// Appends the name; false if the field holds none.
pub(super) fn basic(field: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let found = credentials(field, out);
    out.truncate(start + found.unwrap_or(0));
    found.is_some()
}

/// An identifier of the client, as the log has it; in a subrequest that of the client's request.
#[inline(never)]
pub(super) fn id(w: &mut Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let main = downstream::main(w, id);
    let settings = &w.location_of(main).userid;
    let found = match var {
        Var::UidGot if settings.mode != Mode::Off => userid::got(w, main),
        Var::UidSet if settings.sets() => userid::set(w, main),
        _ => None,
    };
    found.is_some_and(|uid| {
        uid.show(&settings.name, out);
        true
    })
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

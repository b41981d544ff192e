//! `auth_basic`: name and password, compared with a file that is read when a pair is not known yet.

use std::path::Path;

use crate::http::conf::Conf;
use crate::http::passwords::{self, HashError};
use crate::http::vars::Template;
use crate::os::Errno;
use crate::os::crypt::CryptError;
use crate::proto::Name;
use crate::serve::log::{self, Level};
use crate::serve::{eval, eval::path};
use crate::worker::*;

pub static MODULE: Module = Module { name: "auth_basic", phases: &[(Phase::Access, check)] };

pub fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|location| location.auth_basic.is_any())
}

fn check(w: &mut Worker, id: RequestId) -> Flow {
    let settings = &w.location_of(id).auth_basic;
    let (Some(realm), Some(file)) = (&settings.realm, &settings.user_file) else {
        return Flow::Next;
    };
    let mut value = w.buffers.line();
    value.extend_from_slice(b"Basic realm=\"");
    let start = value.len();
    eval::template(w, id, realm, &mut value);
    let flow = match &value[start..] {
        b"off" => Flow::Next,
        _ => authenticate(w, id, file),
    };
    if flow == Flow::End(401) {
        value.push(b'"');
        w.requests[id].rare.get_or_insert().challenges.push(value.as_slice().into());
    }
    w.buffers.give_line(value);
    flow
}

fn authenticate(w: &mut Worker, id: RequestId, file: &Template) -> Flow {
    let mut pair = w.buffers.line();
    let field = w.requests[id].head.get(Name::Authorization);
    let Some(colon) = field.and_then(|field| passwords::credentials(field, &mut pair)) else {
        let text = format_args!("no user/password was provided for basic authentication");
        log::error(w, id, Level::Info, text);
        w.buffers.give_line(pair);
        return Flow::End(401);
    };
    let mut name = w.buffers.line();
    eval::template(w, id, file, &mut name);
    let flow = compare(w, id, &name, &pair[..colon], &pair[colon + 1..]);
    w.buffers.give_line(name);
    w.buffers.give_line(pair);
    flow
}

fn compare(w: &mut Worker, id: RequestId, name: &[u8], user: &[u8], password: &[u8]) -> Flow {
    let file = path::of(name);
    let known = match file.metadata() {
        Ok(it) => w.passwords.pair(name, &it, user, password),
        Err(e) => return unreadable(w, id, file, e),
    };
    if w.passwords.has(known) {
        return Flow::Allow;
    }
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(e) => return unreadable(w, id, file, e),
    };
    let found = passwords::find(&text, user);
    let shown = String::from_utf8_lossy(user);
    let Some(hash) = found.hash else {
        // What an unknown name takes is what a known one takes.
        let _ = found.first.map(|hash| passwords::verify(password, hash));
        let text = format_args!("user \"{shown}\" was not found in \"{}\"", file.display());
        log::error(w, id, Level::Error, text);
        return Flow::End(401);
    };
    match passwords::verify(password, hash) {
        Ok(true) => {
            w.passwords.insert(known);
            Flow::Allow
        }
        Ok(false) => {
            log::error(w, id, Level::Error, format_args!("user \"{shown}\": password mismatch"));
            Flow::End(401)
        }
        Err(e) => {
            log_hash_error(w, id, &shown, e);
            Flow::End(500)
        }
    }
}

fn log_hash_error(w: &Worker, id: RequestId, user: &str, e: HashError) {
    match e {
        HashError::Crypt(CryptError::Failed(e)) => {
            log::error(w, id, Level::Crit, format_args!("crypt_r() failed ({e})"));
        }
        HashError::Crypt(CryptError::Missing) => {
            let text = format_args!("crypt_r() is missing: the system has no libcrypt");
            log::error(w, id, Level::Crit, text);
        }
        HashError::Costly(cost) => {
            let text = format_args!("user \"{user}\": the hash takes about {cost} ms, not tried");
            log::error(w, id, Level::Crit, text);
        }
    }
}

fn unreadable(w: &Worker, id: RequestId, file: &Path, e: std::io::Error) -> Flow {
    let e = Errno::from(e);
    let (level, status) = if e == Errno::NOENT { (Level::Error, 403) } else { (Level::Crit, 500) };
    let text = format_args!("open() \"{}\" failed ({e})", file.display());
    log::error(w, id, level, text);
    Flow::End(status)
}

//! `gzip_static`, `brotli_static`: a file that lies beside the one that is asked for, compressed.

use crate::http::file_cache::Known;
use crate::http::settings::gzip::Static;
use crate::proto::{Coding, Method};
use crate::serve::eval::path;
use crate::worker::*;

use super::gzip::{self, accepts};
use super::{files, symlinks};

pub static MODULE: Module = Module { name: "gzip_static", phases: &[(Phase::Content, serve)] };

fn serve(w: &mut Worker, id: RequestId) -> Flow {
    let location = w.location_of(id);
    let (brotli, gzip) = (location.brotli.file, location.gzip.file);
    if (brotli, gzip) == (Static::Off, Static::Off) {
        return Flow::Next;
    }
    let r = &w.requests[id];
    if !matches!(r.method, Method::Get | Method::Head) || r.uri.last() == Some(&b'/') {
        return Flow::Next;
    }
    let mut all = [(Coding::Brotli, brotli), (Coding::Gzip, gzip)];
    if brotli != Static::Off && gzip != Static::Off && accepts::named(r).prefers_gzip() {
        all.reverse();
    }
    for (coding, setting) in all {
        match serve_coding(w, id, coding, setting) {
            Flow::Next => {}
            flow => return flow,
        }
    }
    Flow::Next
}

fn serve_coding(w: &mut Worker, id: RequestId, coding: Coding, setting: Static) -> Flow {
    let is_sent = match (setting, coding) {
        (Static::Off, _) => return Flow::Next,
        (Static::Always, _) => true,
        (Static::On, Coding::Brotli) => accepts::brotli(w, id),
        (Static::On, Coding::Gzip) => accepts::gzip(w, id),
    };
    if !is_sent && !w.location_of(id).gzip.vary {
        return Flow::Next;
    }
    let mut name = w.buffers.line();
    let flow = match path::map_uri(w, id, &mut name) {
        None => Flow::End(500),
        Some(_) => {
            name.extend_from_slice(match coding {
                Coding::Brotli => b".br",
                Coding::Gzip => b".gz",
            });
            serve_path(w, id, &name, is_sent.then_some(coding), setting)
        }
    };
    w.buffers.give_line(name);
    flow
}

/// Sends the file if it is one of a coding that is sent.
fn serve_path(
    w: &mut Worker,
    id: RequestId,
    name: &[u8],
    coding: Option<Coding>,
    setting: Static,
) -> Flow {
    let Known { file, metadata } = match symlinks::open(w, id, name) {
        Ok(opened) => opened,
        Err((call, e)) => {
            // Then the other file is sent.
            files::open_failed(w, id, name, call, e, false);
            return Flow::Next;
        }
    };
    if setting == Static::On {
        gzip::vary(w, id);
    }
    let Some(coding) = coding.filter(|_| !metadata.is_dir()) else { return Flow::Next };
    let Some(file) = file.filter(|_| metadata.is_file()) else {
        return files::not_regular(w, id, name);
    };
    w.requests[id].response.add(b"Content-Encoding", coding.name());
    files::send(w, id, file, &metadata)
}

//! `gzip_static`: a file that lies beside the one that is asked for, compressed.

use crate::http::file_cache::Known;
use crate::http::settings::gzip::Static;
use crate::proto::Method;
use crate::serve::eval::path;
use crate::worker::*;

use super::gzip::{self, accepts};
use super::{files, symlinks};

pub static MODULE: Module = Module { name: "gzip_static", phases: &[(Phase::Content, serve)] };

fn serve(w: &mut Worker, id: RequestId) -> Flow {
    let settings = &w.location_of(id).gzip;
    if settings.file == Static::Off {
        return Flow::Next;
    }
    let r = &w.requests[id];
    if !matches!(r.method, Method::Get | Method::Head) || r.uri.last() == Some(&b'/') {
        return Flow::Next;
    }
    let is_sent = settings.file == Static::Always || accepts::gzip(w, id);
    if !is_sent && !settings.vary {
        return Flow::Next;
    }
    let mut name = w.buffers.line();
    let flow = match path::map_uri(w, id, &mut name) {
        None => Flow::End(500),
        Some(_) => {
            name.extend_from_slice(b".gz");
            serve_path(w, id, &name, is_sent)
        }
    };
    w.buffers.give_line(name);
    flow
}

fn serve_path(w: &mut Worker, id: RequestId, name: &[u8], is_sent: bool) -> Flow {
    let Known { file, metadata } = match symlinks::open(w, id, name) {
        Ok(opened) => opened,
        Err((call, e)) => {
            // Then the other file is sent.
            files::open_failed(w, id, name, call, e, false);
            return Flow::Next;
        }
    };
    if w.location_of(id).gzip.file == Static::On {
        gzip::vary(w, id);
    }
    if !is_sent || metadata.is_dir() {
        return Flow::Next;
    }
    let Some(file) = file.filter(|_| metadata.is_file()) else {
        return files::not_regular(w, id, name);
    };
    w.requests[id].response.add(b"Content-Encoding", b"gzip");
    files::send(w, id, file, &metadata)
}

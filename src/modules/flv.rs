//! `flv`: a file from a byte on, behind a header of its own.

use std::os::unix::fs::MetadataExt;

use crate::conf::value;
use crate::http::conf::{Conf, Content};
use crate::http::filters::{FileBody, HeadFilters};
use crate::http::uri;
use crate::http::video::Video;
use crate::worker::*;

use super::files;

pub static MODULE: Module = Module { name: "flv", phases: &[(Phase::Content, serve)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| it.content == Content::Flv)
}

/// Version 1, with sound and pictures; the header has 9 bytes, and the tag before the first one has none.
const HEADER: &[u8] = b"FLV\x01\x05\0\0\0\x09\0\0\0\0";

fn serve(w: &mut Worker, id: RequestId) -> Flow {
    if w.location_of(id).content != Content::Flv {
        return Flow::Next;
    }
    match files::video(w, id) {
        Ok(video) => send(w, id, &video),
        Err(flow) => flow,
    }
}

fn send(w: &mut Worker, id: RequestId, video: &Video) -> Flow {
    let whole = video.metadata.len();
    let request = &mut w.requests[id];
    let start = uri::arg(&request.args, b"start").and_then(value::number);
    let start = start.filter(|&start| start < whole).unwrap_or(0);
    let header = if start > 0 { HEADER } else { b"" };
    let left = whole - start;
    request.action = "sending flv to client";
    request.response.filters.insert(HeadFilters::RANGE);
    if start > 0 {
        request.it.response.rare.get_or_insert().single_range = true;
    }
    let len = header.len() as u64 + left;
    if !files::begin(w, id, len, video.metadata.mtime()) {
        return Flow::Answered;
    }
    files::send_behind(w, id, header, FileBody { file: video.file.clone(), offset: start, left });
    Flow::Answered
}

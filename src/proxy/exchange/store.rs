//! `proxy_store`: a copy of the response, made as it passes, becomes a file when it is whole.

use std::io::Write;
use std::path::Path;

use crate::http::dates;
use crate::http::exchange::{Store, Tap};
use crate::http::place::{Attributes, Failed, Place, mode_of_directories, rename_or_copy};
use crate::http::settings::upstream_conf::StoreAs;
use crate::os::{Errno, temp};
use crate::proto::{Method, Name};
use crate::serve::eval::{self, path};
use crate::serve::log::{self, Level};
use crate::worker::*;

/// Begins the copy, if one is wanted of this response.
pub fn begin(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    let location = w.location_of(request);
    let is_wanted = location.upstream.store != StoreAs::Off
        && w.upstreams[id].line.status == 200
        && w.requests[request].method != Method::Head;
    if !is_wanted {
        return;
    }
    let place = &location.upstream.temp_path;
    match temp::create(&place.path, &place.levels, w.rng.word()) {
        Ok((file, path)) => {
            let modified = w.upstreams[id].head.get(Name::LastModified).and_then(dates::parse);
            w.upstreams[id].rare.get_or_insert().tap =
                Some(Tap::Store(Store { file, path, modified }));
        }
        Err((e, path)) => {
            let path = path.display();
            log::file_failed(w, request, e, format_args!("open() \"{path}\" failed ({e})"));
        }
    }
}

/// A piece of the body. If it cannot be kept there will be no copy.
pub fn write(w: &mut Worker, id: UpstreamId, data: &[u8]) {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    let Some(rare) = upstream.rare.if_any() else { return };
    let Some(Tap::Store(store)) = &mut rare.tap else { return };
    if let Err(e) = store.file.write_all(data) {
        let e = Errno::from(e);
        let failed = Failed::new("write()", &store.path, e);
        rare.tap = None;
        log::file_failed(w, request, e, format_args!("{failed}"));
    }
}

/// The response is whole: the copy gets its name.
pub fn finish(w: &mut Worker, id: UpstreamId, store: &Store) {
    let request = w.upstreams[id].request;
    let settings = &w.location_of(request).upstream;
    let mut name = w.buffers.line();
    let is_named = match &settings.store {
        StoreAs::Off => false,
        StoreAs::Uri => path::map_uri(w, request, &mut name).is_some(),
        StoreAs::Path(template) => {
            eval::template(w, request, template, &mut name);
            true
        }
    };
    if is_named {
        let (access, random) = (settings.store_access, w.rng.word());
        let mut buffer = w.buffers.take();
        if let Err(failed) = place(store, path::of(&name), access, random, &mut buffer) {
            log::error(w, request, Level::Crit, format_args!("{failed}"));
        }
        w.buffers.give(buffer);
    }
    w.buffers.give_line(name);
}

/// The temporary file goes with `store`, wherever this ends.
fn place(
    store: &Store,
    to: &Path,
    access: u32,
    random: u64,
    buffer: &mut [u8],
) -> Result<(), Failed> {
    let from = Place::of(&store.path, None)?;
    let to = Place::of(to, Some(mode_of_directories(access)))?;
    let attributes = Attributes { mode: Some(access), modified: store.modified };
    if let Some(mut copying) = rename_or_copy(&from, &store.file, &to, attributes, random)? {
        while !copying.step(buffer)? {}
    }
    Ok(())
}

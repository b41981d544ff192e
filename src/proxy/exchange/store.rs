//! `proxy_store`: a copy of the response, made as it passes, becomes a file when it is whole.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use crate::http::dates;
use crate::http::exchange::{Store, Tap};
use crate::http::settings::upstream_conf::StoreAs;
use crate::os::{Errno, clock, temp};
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
        let text = failure("write", &store.path, None, e);
        rare.tap = None;
        log::file_failed(w, request, e, format_args!("{text}"));
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
        if let Err(text) = place(store, path::of(&name), settings.store_access) {
            log::error(w, request, Level::Crit, format_args!("{text}"));
        }
    }
    w.buffers.give_line(name);
}

/// The temporary file goes with `store`, wherever this ends.
fn place(store: &Store, to: &Path, access: u32) -> Result<(), String> {
    let fail = |call, path: &Path, e: std::io::Error| failure(call, path, None, e.into());
    let mode = fs::Permissions::from_mode(access);
    store.file.set_permissions(mode).map_err(|e| fail("chmod", &store.path, e))?;
    if let Some(modified) = store.modified {
        let _ = clock::set_modified(&store.file, modified);
    }
    if let Some(folder) = to.parent() {
        // Who may read the files may enter their folders.
        let mode = access | (access & 0o444) >> 2;
        let made = fs::DirBuilder::new().recursive(true).mode(mode).create(folder);
        made.map_err(|e| fail("mkdir", folder, e))?;
    }
    match fs::rename(&store.path, to) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::CrossesDevices => copy(store, to, access),
        Err(e) => Err(failure("rename", &store.path, Some(to), e.into())),
    }
}

/// To another file system: beside its place first, so that no reader sees half of it.
fn copy(store: &Store, to: &Path, access: u32) -> Result<(), String> {
    let mut beside = to.as_os_str().to_owned();
    beside.push(".");
    beside.push(store.path.file_name().unwrap_or_default());
    let beside = Path::new(&beside);
    let copied = fs::copy(&store.path, beside)
        .and_then(|_| fs::set_permissions(beside, fs::Permissions::from_mode(access)))
        .and_then(|()| match store.modified {
            Some(modified) => File::open(beside).and_then(|it| clock::set_modified(&it, modified)),
            None => Ok(()),
        })
        .and_then(|()| fs::rename(beside, to));
    copied.map_err(|e| {
        let _ = fs::remove_file(beside);
        failure("rename", &store.path, Some(to), e.into())
    })
}

fn failure(call: &str, path: &Path, to: Option<&Path>, e: Errno) -> String {
    let path = path.display();
    match to {
        Some(to) => format!("{call}() \"{path}\" to \"{}\" failed ({e})", to.display()),
        None => format!("{call}() \"{path}\" failed ({e})"),
    }
}

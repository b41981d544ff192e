//! `index`: a uri that ends in a slash becomes that of the first file that exists.

use std::fs;

use crate::os::Errno;
use crate::proto::Method;
use crate::serve::eval::{self, path};
use crate::serve::log::{self, Level};
use crate::serve::phases;
use crate::worker::*;

use super::symlinks;

pub static MODULE: Module = Module { name: "index", phases: &[(Phase::Content, find)] };

fn find(w: &mut Worker, id: RequestId) -> Flow {
    let r = &w.requests[id];
    let asked = matches!(r.method, Method::Get | Method::Head | Method::Post);
    if !asked || r.uri.last() != Some(&b'/') {
        return Flow::Next;
    }
    let mut file = w.buffers.line();
    let flow = match path::map_uri(w, id, &mut file) {
        Some(_) => try_each(w, id, &mut file),
        None => Flow::End(500),
    };
    w.buffers.give_line(file);
    flow
}

/// `file` holds the directory.
fn try_each(w: &mut Worker, id: RequestId, file: &mut Vec<u8>) -> Flow {
    let directory = file.len();
    let mut tested = false;
    for index in &w.location_of(id).core.index {
        file.truncate(directory);
        eval::template(w, id, index, file);
        let name = &file[directory..];
        match name.first() {
            None => continue,
            Some(b'/') => return redirect(w, id, name.to_vec()),
            Some(_) => {}
        }
        match symlinks::metadata(w, id, file) {
            Ok(_) => {
                let uri = [&*w.requests[id].uri, name].concat();
                return redirect(w, id, uri);
            }
            Err(Errno::LOOP) => return Flow::End(403),
            Err(e @ (Errno::ACCES | Errno::NOTDIR | Errno::NAMETOOLONG)) => {
                return failed(w, id, file, e);
            }
            Err(e) => {
                if !std::mem::replace(&mut tested, true) {
                    if let Err(flow) = test_directory(w, id, file, directory) {
                        return flow;
                    }
                }
                if e != Errno::NOENT {
                    let file = path::of(file).display();
                    log::error(w, id, Level::Crit, format_args!("stat() \"{file}\" failed ({e})"));
                    return Flow::End(500);
                }
            }
        }
    }
    Flow::Next
}

fn redirect(w: &mut Worker, id: RequestId, uri: Vec<u8>) -> Flow {
    let args = w.requests[id].args.clone();
    phases::redirect(w, id, uri, args);
    Flow::Answered
}

/// That an index file is missing is no error, but that its directory is.
fn test_directory(w: &Worker, id: RequestId, file: &[u8], end: usize) -> Result<(), Flow> {
    let directory = file[..end].strip_suffix(b"/").unwrap_or(&file[..end]);
    // The root of everything.
    let directory: &[u8] = if directory.is_empty() { b"/" } else { directory };
    match fs::metadata(path::of(directory)).map_err(Errno::from) {
        Ok(found) if found.is_dir() => Ok(()),
        // It may still be searched, or else the file's own error would have been this one.
        Err(Errno::ACCES) => Ok(()),
        Err(Errno::NOENT) => Err(failed(w, id, file, Errno::NOENT)),
        Ok(_) => {
            let name = path::of(directory).display();
            log::error(w, id, Level::Alert, format_args!("\"{name}\" is not a directory"));
            Err(Flow::End(500))
        }
        Err(e) => {
            let name = path::of(directory).display();
            log::error(w, id, Level::Crit, format_args!("stat() \"{name}\" failed ({e})"));
            Err(Flow::End(500))
        }
    }
}

fn failed(w: &Worker, id: RequestId, file: &[u8], e: Errno) -> Flow {
    let file = path::of(file).display();
    if e == Errno::ACCES {
        log::error(w, id, Level::Error, format_args!("\"{file}\" is forbidden ({e})"));
        return Flow::End(403);
    }
    if w.location_of(id).core.log_not_found {
        log::error(w, id, Level::Error, format_args!("\"{file}\" is not found ({e})"));
    }
    Flow::End(404)
}

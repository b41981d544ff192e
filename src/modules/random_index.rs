//! `random_index`: a uri that ends in a slash becomes that of one of the regular files of its directory, by chance.

use crate::http::conf::Conf;
use crate::http::listing::Listing;
use crate::proto::Method;
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::serve::{abort, delay, phases, respond};
use crate::worker::*;

use super::autoindex::{self, TURN, trimmed};

pub static MODULE: Module = Module { name: "random_index", phases: &[(Phase::Content, find)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| it.settings.autoindex.random)
}

fn find(w: &mut Worker, id: RequestId) -> Flow {
    let r = &w.requests[id];
    let is_asked = matches!(r.method, Method::Get | Method::Head | Method::Post);
    if !is_asked || r.uri.last() != Some(&b'/') || !w.location_of(id).autoindex.random {
        return Flow::Next;
    }
    let mut name = w.buffers.line();
    let flow = match path::map_uri(w, id, &mut name).map(|_| path::of(&name)) {
        None => Flow::End(500),
        Some(directory) => match Listing::open(directory) {
            Err(e) => autoindex::failed(w, id, directory, e),
            Ok(listing) => {
                let request = &mut w.requests[id];
                request.it.rare.get_or_insert().listing = Some(Box::new(listing));
                request.write = read_on;
                abort::await_end(w, id);
                read_on(w, id);
                Flow::Wait
            }
        },
    };
    w.buffers.give_line(name);
    flow
}

/// The write handler while the directory is read: any of the files so far has the same chance.
fn read_on(w: &mut Worker, id: RequestId) {
    for _ in 0..TURN {
        let Worker { requests, rng, .. } = w;
        let Some(request) = requests.get_mut(id).filter(|it| it.outcome.is_none()) else { return };
        let Some(listing) = &mut request.it.rare.get_or_insert().listing else { return };
        match listing.next_name() {
            None => return go_on(w, id),
            Some(Ok(found)) if !found.is_file => {}
            Some(Ok(found)) => {
                listing.files += 1;
                if rng.one_in(listing.files) {
                    listing.chosen = found.name;
                }
            }
            Some(Err(e)) => {
                let directory = listing.path.clone();
                let text = format_args!("readdir() \"{}\" failed ({e})", trimmed(&directory));
                log::error(w, id, Level::Crit, text);
                return respond::error(w, id, 500);
            }
        }
    }
    delay::next_step(w, id);
}

/// At the file that was chosen; without one the next handler is asked.
fn go_on(w: &mut Worker, id: RequestId) {
    let request = &mut w.requests[id];
    let listing = request.it.rare.get_or_insert().listing.take();
    request.write = rest;
    match listing.map(|it| it.chosen).filter(|name| !name.is_empty()) {
        None => {
            request.step += 1;
            phases::run(w, id);
        }
        Some(name) => {
            let uri = [&*request.uri, &*name].concat();
            let args = request.args.clone();
            phases::redirect(w, id, uri, args);
        }
    }
}

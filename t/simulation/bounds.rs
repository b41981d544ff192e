//! nginx's bounds on the subrequests of a request: how deep they are, and how many there are at the same time.

use peerage::http::subrequest::Role;
use peerage::serve::finish;
use peerage::serve::subrequest::{self, Asked};
use peerage::worker::{RequestId, Worker};

use crate::check;
use crate::ends::{Scene, scene};

/// A request whose server has not answered.
fn asked() -> (Scene, RequestId) {
    let mut it = scene(1 << 16, "");
    it.ask(b"GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
    let id = it.w.requests.iter().next().map(|(id, _)| id).unwrap();
    (it, id)
}

fn start(w: &mut Worker, parent: RequestId) -> Option<RequestId> {
    let asked = Asked { uri: b"/x", args: b"", role: Role::Background, is_copy: false };
    subrequest::start(w, parent, &asked)
}

/// The request ends, and all of them with it.
fn end(mut it: Scene, main: RequestId) {
    finish::close(&mut it.w, main);
    it.turn();
    check::all(&mut it.w).unwrap();
    assert_eq!((it.w.requests.len(), it.w.side_requests), (0, 0));
}

#[test]
fn subrequests_are_fifty_one_deep() {
    let (mut it, main) = asked();
    let (mut last, mut depth) = (main, 0);
    while let Some(child) = start(&mut it.w, last) {
        (last, depth) = (child, depth + 1);
    }
    assert_eq!(depth, 51);
    assert!(start(&mut it.w, main).is_some(), "beside them there may be others");
    end(it, main);
}

#[test]
fn a_request_has_64535_subrequests() {
    let (mut it, main) = asked();
    // As if there were all but one.
    it.w.requests[main].rare.get_or_insert().descendants = 64_534;
    let first = start(&mut it.w, main).unwrap();
    assert!(start(&mut it.w, main).is_none());
    assert!(start(&mut it.w, first).is_none(), "those below them count, too");
    finish::close(&mut it.w, first);
    assert!(start(&mut it.w, main).is_some(), "one that has ended does not");
    it.w.requests[main].rare.get_or_insert().descendants = 1;
    end(it, main);
}

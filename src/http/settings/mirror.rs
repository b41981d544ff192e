//! `mirror`: copies of requests whose responses are ignored.

use crate::settings;

settings! {
    /// The mirror module.
    pub struct Mirror / MirrorRaw {
        /// One subrequest for each; none: `off`.
        uris: Vec<Box<[u8]>> = vec![],
        /// `mirror_request_body`: the body is read before, and sent with each copy.
        request_body: bool = true,
    }
}

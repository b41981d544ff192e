//! `auth_request`: a subrequest decides whether the request is served.

use crate::http::vars::{Slot, Template};
use crate::settings;

settings! {
    /// The auth_request module.
    pub struct AuthRequest / AuthRequestRaw {
        /// None: `off`.
        uri: Option<Box<[u8]>> = None,
        /// `auth_request_set`: evaluated when the subrequest has ended, as its variables.
        set: Vec<(Slot, Template)> = vec![],
    }
}

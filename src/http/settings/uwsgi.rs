//! Settings that only the uwsgi module has.

use crate::settings;

settings! {
    /// The directives that only the uwsgi module has.
    pub struct Uwsgi / UwsgiRaw {
        /// What the server does with the packet: 0 and 0 is a request for an application.
        modifier1: u8 = 0,
        modifier2: u8 = 0,
        /// Goes behind the parameters as it is, and counts as one of them.
        string: Box<[u8]> = Box::default(),
    }
}

//! Balancing methods of an `upstream` block and its `sticky`: what is made of variables, and the rows of both.
//!
//! Settings without variables are in `upstream::conf`.

use crate::http::vars::Template;

/// The templates whose values a group's balancer gets with each request.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// The client's address is the key.
    pub by_address: bool,
    /// `hash`
    pub hash: Option<Template>,
    /// `sticky`: the first of these that is not empty binds a request.
    pub lookup: Vec<Template>,
    /// `sticky learn`: the first of these that is not empty begins a session.
    pub create: Vec<Template>,
    pub cookie: Option<Cookie>,
    /// `balancer_by_lua`: what chooses the peer of each try.
    pub script: Option<u32>,
}

impl Keys {
    /// There is nothing to be told.
    pub fn is_empty(&self) -> bool {
        !self.by_address && self.hash.is_none() && self.lookup.is_empty()
    }
}

/// `sticky cookie`
#[derive(Clone, Debug)]
pub struct Cookie {
    pub name: Box<[u8]>,
    pub expires: Option<Expires>,
    pub domain: Option<Template>,
    /// With its `; path=`; or empty.
    pub path: Box<[u8]>,
    pub same_site: Option<Template>,
    pub http_only: bool,
    pub secure: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expires {
    Max,
    /// Seconds.
    In(u64),
}

/// What `samesite=` may come to.
pub fn is_same_site(word: &[u8]) -> bool {
    [b"strict".as_slice(), b"lax", b"none"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

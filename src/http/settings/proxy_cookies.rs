//! `proxy_cookie_domain`, `proxy_cookie_path`, `proxy_cookie_flags`: what is changed in `Set-Cookie`.

use std::sync::Arc;

use super::proxy::Redirect;
use crate::http::vars::{Pattern, Template};
use crate::settings;

settings! {
    /// Of each kind the first line that matches is obeyed; no lines: nothing is changed.
    pub struct Cookies / CookiesRaw {
        /// A prefix here is a whole domain, whatever its case, without the dot it may begin with.
        domains: Vec<Redirect> = vec![],
        paths: Vec<Redirect> = vec![],
        flags: Vec<CookieFlags> = vec![],
    }
}

#[derive(Clone, Debug)]
pub struct CookieFlags {
    pub name: CookieName,
    /// Each comes to the name of a flag, or to nothing.
    pub flags: Vec<Template>,
}

#[derive(Clone, Debug)]
pub enum CookieName {
    Text(Template),
    Regex(Arc<Pattern>),
}

impl Cookies {
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty() && self.paths.is_empty() && self.flags.is_empty()
    }
}

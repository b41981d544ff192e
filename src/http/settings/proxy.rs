//! What only the proxy module can be told: the request that it writes, and the addresses in the response.

use std::sync::Arc;

use super::name_set::NameSet;
use crate::http::vars::{Pattern, Template};
use crate::settings;

settings! {
    /// The directives that only the proxy module has.
    pub struct Proxy / ProxyRaw {
        method: Option<Template> = None,
        http_version: Version = Version::V11,
        set_body: Option<Template> = None,
        /// `proxy_set_header` as written; what is sent is in `headers`.
        set_header: Vec<SetHeader> = vec![],
        /// `proxy_redirect` as written; what is done is in `redirects`.
        redirect: RedirectLines = RedirectLines::Default,

        /// Compiled from `set_header` and nginx's defaults.
        headers: Arc<RequestHeaders> = Arc::default(),
        /// The same for a request whose response may be stored; none: the location has no cache.
        headers_to_cache: Option<Arc<RequestHeaders>> = None,
        /// Compiled from `redirect`: the first that matches changes `Location` and `Refresh`.
        redirects: Arc<Vec<Redirect>> = Arc::default(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    V10,
    V11,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetHeader {
    pub name: Box<[u8]>,
    /// The field is not sent when it comes to an empty string.
    pub value: Template,
}

/// What is written into the head of an upstream request, ready for the hot path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestHeaders {
    /// Written in this order: the configuration's own, then Host and Connection. Never certainly empty,
    /// and never `Content-Length` or `Transfer-Encoding`: what they say is what is sent.
    pub set: Vec<SetHeader>,
    /// Fields of the client's that are not passed on: those above (also with an empty value), and
    /// the hop-by-hop ones.
    pub drop: NameSet,
    /// `Content-Length`: if it is empty, none is sent with an empty body.
    pub length: Option<Template>,
    /// `Transfer-Encoding` was set to nothing: a body is not streamed in chunks.
    pub no_coding: bool,
}

#[derive(Clone, Debug)]
pub enum RedirectLines {
    Off,
    /// As when nothing is said: the address of `proxy_pass` becomes the location's name.
    Default,
    Lines(Vec<RedirectLine>),
}

#[derive(Clone, Debug)]
pub enum RedirectLine {
    Default,
    Rule(Redirect),
}

/// One replacement in `Location` and `Refresh`.
#[derive(Clone, Debug)]
pub struct Redirect {
    pub from: RedirectFrom,
    pub to: Template,
}

#[derive(Clone, Debug)]
pub enum RedirectFrom {
    /// What the value begins with is replaced.
    Prefix(Template),
    /// The whole value is replaced; `to` may use the captures.
    Regex(Arc<Pattern>),
}

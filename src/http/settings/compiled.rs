//! What upstream modules make of their merged settings, once for all requests.

use std::sync::Arc;

use super::block::Kind;
use super::cache::Cache;
use super::name_set::NameSet;
use super::proxy::*;
use super::server::Buffers;
use super::upstream_conf::*;
use crate::conf::error::Wrong;
use crate::http::uri;
use crate::http::vars::{Template, Var};
use crate::proto::cgi::{self, ParamName};
use crate::proto::{fastcgi, scgi, uwsgi};
use crate::upstream::failure::Failures;

type Done = Result<(), Wrong>;

/// Fields of a request that belong to its connection, or to its framing: never passed on as they came.
const HOP_BY_HOP: [&str; 10] = [
    "Host",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "TE",
    "Keep-Alive",
    "Proxy-Connection",
    "Expect",
    "Upgrade",
    "Trailer",
];

impl Proxy {
    /// What follows from the merged settings of the location of that name.
    ///
    /// `pass`: where requests go, if it is `proxy_pass` that says so; `cache`: where their responses are stored.
    pub fn compile(&mut self, name: &[u8], kind: Kind, pass: Option<&Pass>, cache: Option<&Cache>) {
        self.headers = Arc::new(self.request_headers(&[]));
        self.headers_to_cache = cache.map(|it| Arc::new(self.request_headers(&it.conditions())));
        self.redirects = Arc::new(self.compile_redirects(name, kind, pass));
    }

    /// A field of that name is the same in all requests.
    pub fn fixes(&self, name: &[u8]) -> bool {
        let mut set = self.set_header.iter().filter(|it| it.name.eq_ignore_ascii_case(name));
        set.next().is_some_and(|first| first.value.as_text().is_some())
            && set.all(|other| other.value.as_text().is_some())
    }

    /// `defaults`: what stands in for fields of the client's that `proxy_set_header` does not name.
    fn request_headers(&self, defaults: &[(&str, Template)]) -> RequestHeaders {
        let set = |name: &[u8]| {
            self.set_header.iter().any(|header| header.name.eq_ignore_ascii_case(name))
        };
        let mut headers = RequestHeaders::default();
        for header in &self.set_header {
            headers.drop.insert(&header.name);
            match &*header.name.to_ascii_lowercase() {
                b"content-length" => headers.length = Some(header.value.clone()),
                b"transfer-encoding" => headers.no_coding |= header.value.is_empty(),
                _ if header.value.is_empty() => {}
                _ => headers.set.push(header.clone()),
            }
        }
        for (name, value) in defaults.iter().filter(|(name, _)| !set(name.as_bytes())) {
            headers.drop.insert(name.as_bytes());
            if !value.is_empty() {
                headers.set.push(SetHeader { name: name.as_bytes().into(), value: value.clone() });
            }
        }
        if !set(b"Host") {
            let value = Template::var(Var::ProxyHost);
            headers.set.push(SetHeader { name: (*b"Host").into(), value });
        }
        if !set(b"Connection") && self.http_version == Version::V10 {
            let value = Template::text(b"close");
            headers.set.push(SetHeader { name: (*b"Connection").into(), value });
        }
        HOP_BY_HOP.iter().for_each(|name| headers.drop.insert(name.as_bytes()));
        headers
    }

    fn compile_redirects(&self, name: &[u8], kind: Kind, pass: Option<&Pass>) -> Vec<Redirect> {
        let default = || {
            let pass = pass?;
            if matches!(pass.target, Target::Variable(_)) {
                return None;
            }
            let url = &*pass.url;
            // Without a uri of its own the address maps onto the root.
            let (from, name) = match pass.uri {
                Some(_) if matches!(kind, Kind::Prefix | Kind::Exact) => (url.to_vec(), name),
                Some(_) => return None,
                None => ([url, b"/"].concat(), b"/".as_slice()),
            };
            let from = RedirectFrom::Prefix(Template::text(&from));
            let mut to = Vec::new();
            uri::escape_uri(name, &mut to);
            Some(Redirect { from, to: Template::text(&to) })
        };
        match &self.redirect {
            _ if pass.is_none() => vec![],
            RedirectLines::Off => vec![],
            RedirectLines::Default => default().into_iter().collect(),
            RedirectLines::Lines(lines) => {
                let rules = lines.iter().filter_map(|line| match line {
                    RedirectLine::Default => default(),
                    RedirectLine::Rule(rule) => Some(rule.clone()),
                });
                rules.collect()
            }
        }
    }
}

impl UpstreamSettings {
    /// What follows from the merged settings of a location with that protocol.
    pub fn compile(&mut self, protocol: ProtocolIndex) -> Done {
        self.check_buffers(protocol.prefix())?;
        // `off` outweighs what stands beside it.
        if self.next_upstream.has(Failures::OFF) {
            self.next_upstream = Failures::OFF;
        }
        let mut hidden = NameSet::default();
        protocol.hidden().iter().for_each(|name| hidden.insert(name.as_bytes()));
        self.hide_header.iter().for_each(|name| hidden.insert(name));
        self.pass_header.iter().for_each(|name| hidden.remove(name));
        self.hidden = Arc::new(hidden);
        if protocol == ProtocolIndex::Memcached {
            // What is stored is a value, and no answer of an HTTP server.
            (self.buffering, self.force_ranges) = (false, true);
            (self.intercept_errors, self.intercept_404) = (true, true);
            (self.pass_request_headers, self.pass_request_body) = (false, false);
        }
        Ok(())
    }

    /// A parameter for the field of that name is the same in all requests.
    pub fn fixes(&self, field: &str) -> bool {
        let mut set = self.params.iter().filter(|it| it.name.field().is_some_and(|it| it == field));
        set.next().is_some_and(|first| first.value.as_text().is_some())
            && set.all(|other| other.value.as_text().is_some())
    }

    /// What is sent of `…_param`; `cache`: where responses are stored.
    pub fn compile_params(&mut self, protocol: ProtocolIndex, cache: Option<&Cache>) {
        let params = std::mem::take(&mut self.params);
        let to_cache = cache.zip(protocol.param_name());
        self.sent_to_cache = to_cache.map(|(cache, new_name)| {
            let mut params = params.clone();
            for (field, value) in cache.conditions() {
                let name = new_name(&cgi::name_of_field(field));
                if !params.iter().any(|param| param.name == name) {
                    params.push(Param { name, value, if_not_empty: true });
                }
            }
            SentParams::of(params)
        });
        self.sent = SentParams::of(params);
    }

    fn check_buffers(&self, prefix: &str) -> Done {
        let buffers = self.buffers.unwrap_or(Buffers { number: 8, size: 4096 });
        if buffers.number < 2 {
            return Err(format!("there must be at least 2 \"{prefix}_buffers\"").into());
        }
        let largest = self.buffer_size.max(buffers.size);
        let busy = self.busy_buffers_size.unwrap_or(2 * largest);
        if busy < largest {
            return Err(format!("\"{prefix}_busy_buffers_size\" must be equal to or greater than the maximum \
                        of the value of \"{prefix}_buffer_size\" and one of the \"{prefix}_buffers\"").into());
        }
        if busy > buffers.total() - buffers.size {
            return Err(format!(
                "\"{prefix}_busy_buffers_size\" must be less than the size of all \
                        \"{prefix}_buffers\" minus one buffer"
            )
            .into());
        }
        let write = self.temp_file_write_size.unwrap_or(2 * largest);
        if write < largest {
            return Err(format!(
                "\"{prefix}_temp_file_write_size\" must be equal to or greater than the \
                        maximum of the value of \"{prefix}_buffer_size\" and one of the \
                        \"{prefix}_buffers\""
            )
            .into());
        }
        if self.max_temp_file_size > 0 && self.max_temp_file_size < largest as u64 {
            return Err(format!(
                "\"{prefix}_max_temp_file_size\" must be equal to zero to disable temporary \
                        files usage or must be equal to or greater than the maximum of the value \
                        of \"{prefix}_buffer_size\" and one of the \"{prefix}_buffers\""
            )
            .into());
        }
        Ok(())
    }
}

impl SentParams {
    /// Parameters that stand for a field of the request keep it out; an empty one is there for nothing else.
    fn of(mut params: Vec<Param>) -> Self {
        let mut replaced = vec![];
        params.retain(|param| {
            let Some(field) = param.name.field() else { return true };
            replaced.push(field.into());
            !param.value.is_empty()
        });
        Self { params, replaced }
    }
}

/// Fields by which a server says what is to be done with its response.
const X_ACCEL: &[&str] = &[
    "X-Accel-Expires",
    "X-Accel-Redirect",
    "X-Accel-Limit-Rate",
    "X-Accel-Buffering",
    "X-Accel-Charset",
];

impl ProtocolIndex {
    /// How it writes the names of parameters, if it has any.
    fn param_name(self) -> Option<fn(&[u8]) -> ParamName> {
        match self {
            Self::FastCgi => Some(ParamName::new::<fastcgi::Params>),
            Self::Uwsgi => Some(ParamName::new::<uwsgi::Params>),
            Self::Scgi => Some(ParamName::new::<scgi::Params>),
            Self::Proxy | Self::Memcached => None,
        }
    }

    /// Fields of a response that stay here unless `…_pass_header` names them.
    fn hidden(self) -> &'static [&'static str] {
        match self {
            Self::Proxy => &[
                "Date",
                "Server",
                "X-Pad",
                "X-Accel-Expires",
                "X-Accel-Redirect",
                "X-Accel-Limit-Rate",
                "X-Accel-Buffering",
                "X-Accel-Charset",
            ],
            Self::Memcached => &[],
            Self::Uwsgi => X_ACCEL,
            Self::FastCgi | Self::Scgi => &[
                "Status",
                "X-Accel-Expires",
                "X-Accel-Redirect",
                "X-Accel-Limit-Rate",
                "X-Accel-Buffering",
                "X-Accel-Charset",
            ],
        }
    }
}

//! The proxy module's directives, and what is compiled from them when blocks have been merged.

use std::sync::Arc;

use super::proxy::*;
use super::upstream_conf::{Pass, ProtocolIndex, Target};
use super::upstream_rows::upstream_rows;
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::{Content, Kind};
use crate::http::uri;
use crate::http::vars::{Template, Var};

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const AT: usize = ProtocolIndex::Proxy as usize;
const PASS: Places = Places::LOCATION.and(Places::LIMIT_EXCEPT).and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
}

pub static SHARED: &[Directive<LocationRaw>] = upstream_rows!(Proxy, "proxy_");

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("proxy_pass", PASS, ONE, Set::Own(proxy_pass)),
    row!("proxy_method", HERE, ONE, Set::Own(method)),
    row!("proxy_http_version", HERE, ONE, Set::Own(http_version)),
    row!("proxy_pass_trailers", HERE, ONE, Set::Flag(|l| &mut l.upstreams[AT].pass_trailers)),
    row!("proxy_set_body", HERE, ONE, Set::Own(set_body)),
    row!("proxy_set_header", HERE, TWO, Set::Own(set_header)),
    row!("proxy_redirect", HERE, ONE_OR_TWO, Set::Own(redirect)),
    row!("proxy_headers_hash_max_size", HERE, ONE, Set::Own(check_number)),
    row!("proxy_headers_hash_bucket_size", HERE, ONE, Set::Own(check_number)),
];

const PROXY: Content = Content::Upstream(ProtocolIndex::Proxy);

type Done = Result<(), Wrong>;

fn proxy_pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    l.once(line)?;
    let word = &line.words[1];
    let template = builder.template(word)?;
    if template.as_text().is_none() {
        let pass = Pass {
            target: Target::Variable(template),
            url: word.clone(),
            host: Box::default(),
            port: Box::default(),
            uri: None,
            prefix_len: l.name.len(),
        };
        l.passes_to(ProtocolIndex::Proxy, pass);
        return Ok(());
    }
    let url = parse_url(word).map_err(|error| match error {
        UrlError::Prefix | UrlError::Https => Wrong::Message(error.to_string()),
        other => Wrong::Message(format!("{other} in upstream \"{}\"", text(after_scheme(word)))),
    })?;
    if !url.uri.is_empty()
        && matches!(l.kind, Kind::Regex | Kind::Named | Kind::LimitExcept | Kind::If)
    {
        return Err(
            "\"proxy_pass\" cannot have URI part in location given by regular expression, \
                    or inside named location, or inside \"if\" statement, or inside \
                    \"limit_except\" block"
                .into(),
        );
    }
    let group = builder.group(&text(url.host), url.port, line.at)?;
    let (host, port) = match url.port {
        _ if url.unix => (url.authority.into(), Box::default()),
        // The default port is not said.
        Some(80) => (url.authority[..url.authority.len() - ":80".len()].into(), (*b"80").into()),
        Some(port) => (url.authority.into(), port.to_string().into_bytes().into()),
        None => (url.authority.into(), b"80".as_slice().into()),
    };
    let uri = (!url.uri.is_empty()).then(|| match url.uri {
        [b'?', ..] => [b"/", url.uri].concat().into(),
        uri => uri.into(),
    });
    let target = Target::Group(group);
    let prefix_len = l.name.len();
    let pass = Pass { target, url: word.clone(), host, port, uri, prefix_len };
    l.passes_to(ProtocolIndex::Proxy, pass);
    Ok(())
}

fn after_scheme(url: &[u8]) -> &[u8] {
    url.get(b"http://".len()..).unwrap_or_default()
}

fn method(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.method, || builder.template(&line.words[1]).map(Some))
}

fn http_version(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("1.0", Version::V10), ("1.1", Version::V11)];
    fill(&mut l.proxy.http_version, || choice(&line.words[1], &choices))
}

fn set_body(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.set_body, || builder.template(&line.words[1]).map(Some))
}

fn set_header(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let value = builder.template(&line.words[2])?;
    let name = line.words[1].clone();
    l.proxy.set_header.get_or_insert_default().push(SetHeader { name, value });
    Ok(())
}

fn redirect(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let invalid = |word: &[u8]| Wrong::Message(format!("invalid parameter \"{}\"", text(word)));
    if let Some(RedirectLines::Off) = l.proxy.redirect {
        return Err(Wrong::duplicate());
    }
    let rule = match line.args() {
        [word] => match &**word {
            b"off" if l.proxy.redirect.is_some() => return Err(Wrong::duplicate()),
            b"off" => {
                l.proxy.redirect = Some(RedirectLines::Off);
                return Ok(());
            }
            b"default" => RedirectLine::Default,
            other => return Err(invalid(other)),
        },
        [from, to] => {
            let from = match &**from {
                [b'~', b'*', source @ ..] => RedirectFrom::Regex(builder.pattern(source, true)?),
                [b'~', source @ ..] => RedirectFrom::Regex(builder.pattern(source, false)?),
                text => RedirectFrom::Prefix(builder.template(text)?),
            };
            RedirectLine::Rule(Redirect { from, to: builder.template(to)? })
        }
        _ => return Err(Wrong::invalid_value()),
    };
    if matches!(rule, RedirectLine::Default) {
        match l.pass.as_ref().filter(|_| l.content == Some(PROXY)) {
            Some(Pass { target: Target::Variable(_), .. }) => {
                return Err("\"proxy_redirect default\" cannot be used with \"proxy_pass\" \
                            directive with variables"
                    .into());
            }
            Some(_) => {}
            None => {
                return Err(
                    "\"proxy_redirect default\" should be placed after the \"proxy_pass\" \
                            directive"
                        .into(),
                );
            }
        }
    }
    let lines = l.proxy.redirect.get_or_insert(RedirectLines::Lines(vec![]));
    if let RedirectLines::Lines(lines) = lines {
        lines.push(rule);
    }
    Ok(())
}

fn check_number(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.once(line)?;
    crate::conf::directive::number(&line.words[1]).map(drop)
}

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
    pub fn compile(&mut self, name: &[u8], kind: Kind, pass: Option<&Pass>) {
        self.headers = Arc::new(self.request_headers());
        self.redirects = Arc::new(self.compile_redirects(name, kind, pass));
    }

    fn request_headers(&self) -> RequestHeaders {
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

//! The directives of the proxy module.

use super::cache::cache_rows;
use super::shared::{self, upstream_row, upstream_rows};
use super::words::check_number;
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, text};
use crate::conf::error::Wrong;
use crate::http::address::{UrlError, parse_url};
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::{Content, Kind};
use crate::http::settings::proxy::*;
use crate::http::settings::upstream_conf::{Pass, ProtocolIndex, Target};

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const AT: usize = ProtocolIndex::Proxy as usize;
const PASS: Places = Places::LOCATION.and(Places::LIMIT_EXCEPT).and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
}

pub static SHARED: &[Directive<LocationRaw>] = upstream_rows!(Proxy, "proxy_");

pub static CACHE: &[Directive<LocationRaw>] = cache_rows!(Proxy, "proxy_");

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("proxy_pass", PASS, ONE, Set::Own(proxy_pass)),
    upstream_row!(Proxy, "proxy_", send_lowat, Args::ONE, shared::send_lowat),
    row!("proxy_method", HERE, ONE, Set::Own(method)),
    row!("proxy_http_version", HERE, ONE, Set::Own(http_version)),
    row!("proxy_pass_trailers", HERE, ONE, Set::Flag(|l| &mut l.upstreams[AT].pass_trailers)),
    row!("proxy_cache_convert_head", HERE, ONE, Set::Flag(|l| &mut l.caches[AT].convert_head)),
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
            ssl: false,
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
        UrlError::Prefix => Wrong::Message(error.to_string()),
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
    let default_port = url.default_port();
    let group = builder.group(&text(url.host), url.port, Some(default_port), line.at)?;
    let (host, port) = match url.port {
        _ if url.unix => (url.authority.into(), Box::default()),
        port => (url.proxy_host().into(), digits(port.unwrap_or(default_port))),
    };
    let uri = (!url.uri.is_empty()).then(|| match url.uri {
        [b'?', ..] => [b"/", url.uri].concat().into(),
        uri => uri.into(),
    });
    let target = Target::Group(group);
    let prefix_len = l.name.len();
    let pass = Pass { target, ssl: url.ssl, url: word.clone(), host, port, uri, prefix_len };
    l.passes_to(ProtocolIndex::Proxy, pass);
    Ok(())
}

fn digits(port: u16) -> Box<[u8]> {
    port.to_string().into_bytes().into()
}

fn after_scheme(url: &[u8]) -> &[u8] {
    let end = url.windows(3).position(|it| it == b"://");
    end.map_or(b"", |end| &url[end + 3..])
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

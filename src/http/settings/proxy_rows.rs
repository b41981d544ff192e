//! The proxy module's directives, and what is compiled from them when blocks have been merged.

use std::sync::Arc;

use super::core::TempPath;
use super::proxy::*;
use super::server::Buffers;
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::Kind;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::vars::{Template, Var};
use crate::os::addr::Addr;
use crate::upstream::failure::Failures;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const PASS: Places = Places::LOCATION.and(Places::LIMIT_EXCEPT).and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
    ($name:literal, $set:ident $field:ident) => {
        row!($name, HERE, ONE, Set::$set(|l| &mut l.proxy.$field))
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("proxy_pass", PASS, ONE, Set::Own(proxy_pass)),
    row!("proxy_method", HERE, ONE, Set::Own(method)),
    row!("proxy_http_version", HERE, ONE, Set::Own(http_version)),
    row!("proxy_connect_timeout", Msec connect_timeout),
    row!("proxy_send_timeout", Msec send_timeout),
    row!("proxy_read_timeout", Msec read_timeout),
    row!("proxy_buffering", Flag buffering),
    row!("proxy_buffer_size", Size buffer_size),
    row!("proxy_buffers", HERE, TWO, Set::Own(buffers)),
    row!("proxy_busy_buffers_size", HERE, ONE, Set::Own(busy_buffers_size)),
    row!("proxy_max_temp_file_size", Offset max_temp_file_size),
    row!("proxy_temp_file_write_size", HERE, ONE, Set::Own(temp_file_write_size)),
    row!("proxy_temp_path", HERE, ONE_TO_FOUR, Set::Own(temp_path)),
    row!("proxy_request_buffering", Flag request_buffering),
    row!("proxy_request_dynamic", Flag request_dynamic),
    row!("proxy_force_ranges", Flag force_ranges),
    row!("proxy_pass_trailers", Flag pass_trailers),
    row!("proxy_limit_rate", HERE, ONE, Set::Own(limit_rate)),
    row!("proxy_ignore_client_abort", Flag ignore_client_abort),
    row!("proxy_intercept_errors", Flag intercept_errors),
    row!("proxy_pass_request_headers", Flag pass_request_headers),
    row!("proxy_pass_request_body", Flag pass_request_body),
    row!("proxy_set_body", HERE, ONE, Set::Own(set_body)),
    row!("proxy_set_header", HERE, TWO, Set::Own(set_header)),
    row!("proxy_hide_header", HERE, ONE, Set::Own(hide_header)),
    row!("proxy_pass_header", HERE, ONE, Set::Own(pass_header)),
    row!("proxy_ignore_headers", HERE, SOME, Set::Own(ignore_headers)),
    row!("proxy_redirect", HERE, ONE_OR_TWO, Set::Own(redirect)),
    row!("proxy_allow_upstream", HERE, SOME, Set::Own(allow_upstream)),
    row!("proxy_next_upstream", HERE, SOME, Set::Own(next_upstream)),
    row!("proxy_next_upstream_tries", Number next_upstream_tries),
    row!("proxy_next_upstream_timeout", Msec next_upstream_timeout),
    row!("proxy_bind", HERE, ONE_OR_TWO, Set::Own(bind)),
    row!("proxy_socket_rcvbuf", Size socket_rcvbuf),
    row!("proxy_socket_sndbuf", Size socket_sndbuf),
    row!("proxy_socket_keepalive", Flag socket_keepalive),
    row!("proxy_send_lowat", HERE, ONE, Set::Own(send_lowat)),
    row!("proxy_headers_hash_max_size", HERE, ONE, Set::Own(check_number)),
    row!("proxy_headers_hash_bucket_size", HERE, ONE, Set::Own(check_number)),
];

type Done = Result<(), Wrong>;

fn proxy_pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    if l.proxy.pass.is_some() {
        return Err(Wrong::duplicate());
    }
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
        l.proxy.pass = Some(Some(pass));
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
    l.proxy.pass =
        Some(Some(Pass { target, url: word.clone(), host, port, uri, prefix_len: l.name.len() }));
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

fn buffers(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.buffers, || Buffers::parse(line).map(Some))
}

fn busy_buffers_size(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.busy_buffers_size, || {
        value::size(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

fn temp_file_write_size(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.temp_file_write_size, || {
        value::size(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

fn temp_path(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.temp_path, || TempPath::parse(builder, line))
}

fn limit_rate(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.limit_rate, || {
        let template = builder.template(&line.words[1])?;
        match template.as_text().map(value::size) {
            Some(None) => Err(Wrong::invalid_value()),
            _ => Ok(Some(template)),
        }
    })
}

fn bind(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.bind, || {
        if let [word] = line.args() {
            if &**word == b"off" {
                return Ok(None);
            }
        }
        let template = builder.template(&line.words[1])?;
        let addr = match template.as_text() {
            None => BindAddr::Variable(template),
            Some(_) => {
                let word = line.text(1);
                let addr = Addr::parse_local(&word);
                BindAddr::Fixed(addr.ok_or_else(|| format!("invalid address \"{word}\""))?)
            }
        };
        let transparent = match line.args().get(1) {
            None => false,
            Some(word) if &**word == b"transparent" => true,
            Some(word) => return Err(format!("invalid parameter \"{}\"", text(word)).into()),
        };
        Ok(Some(Bind { addr, transparent }))
    })
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

fn hide_header(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.proxy.hide_header.get_or_insert_default().push(line.words[1].clone());
    Ok(())
}

fn pass_header(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.proxy.pass_header.get_or_insert_default().push(line.words[1].clone());
    Ok(())
}

fn send_lowat(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.send_lowat, || value::size(&line.words[1]).ok_or_else(Wrong::invalid_value))?;
    builder.warn("\"proxy_send_lowat\" is not supported, ignored", line.at);
    Ok(())
}

fn ignore_headers(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    type Bits = IgnoreHeaders;
    let choices = [
        ("X-Accel-Redirect", Bits::X_ACCEL_REDIRECT),
        ("X-Accel-Expires", Bits::X_ACCEL_EXPIRES),
        ("X-Accel-Limit-Rate", Bits::X_ACCEL_LIMIT_RATE),
        ("X-Accel-Buffering", Bits::X_ACCEL_BUFFERING),
        ("X-Accel-Charset", Bits::X_ACCEL_CHARSET),
        ("Expires", Bits::EXPIRES),
        ("Cache-Control", Bits::CACHE_CONTROL),
        ("Set-Cookie", Bits::SET_COOKIE),
        ("Vary", Bits::VARY),
    ];
    let bits = l.proxy.ignore_headers.get_or_insert(Bits::NONE);
    for word in line.args() {
        let bit = choice(word, &choices)?;
        if bits.contains(bit) {
            builder.warn(&format!("duplicate value \"{}\"", text(word)), line.at);
        }
        bits.0 |= bit.0;
    }
    Ok(())
}

fn allow_upstream(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.proxy.allow_upstream, || {
        line.args().iter().map(|word| builder.template(word)).collect()
    })
}

fn next_upstream(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [
        ("error", Failures::ERROR),
        ("timeout", Failures::TIMEOUT),
        ("invalid_header", Failures::INVALID_HEADER),
        ("denied", Failures::DENIED),
        ("non_idempotent", Failures::NON_IDEMPOTENT),
        ("undelivered", Failures::UNDELIVERED),
        ("http_500", Failures::HTTP_500),
        ("http_502", Failures::HTTP_502),
        ("http_503", Failures::HTTP_503),
        ("http_504", Failures::HTTP_504),
        ("http_403", Failures::HTTP_403),
        ("http_404", Failures::HTTP_404),
        ("http_429", Failures::HTTP_429),
        // Of the cache, which there is none of.
        ("updating", Failures::NONE),
        ("off", Failures::OFF),
    ];
    let bits = l.proxy.next_upstream.get_or_insert(Failures::NONE);
    for word in line.args() {
        let bit = choice(word, &choices)?;
        if bits.has(bit) {
            builder.warn(&format!("duplicate value \"{}\"", text(word)), line.at);
        }
        *bits |= bit;
    }
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
        match &l.proxy.pass {
            Some(Some(Pass { target: Target::Variable(_), .. })) => {
                return Err("\"proxy_redirect default\" cannot be used with \"proxy_pass\" \
                            directive with variables"
                    .into());
            }
            Some(Some(_)) => {}
            _ => {
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

/// Fields of a response that stay here unless `proxy_pass_header` names them.
const HIDDEN: [&str; 8] = [
    "Date",
    "Server",
    "X-Pad",
    "X-Accel-Expires",
    "X-Accel-Redirect",
    "X-Accel-Limit-Rate",
    "X-Accel-Buffering",
    "X-Accel-Charset",
];

impl Proxy {
    /// What follows from the merged settings of the location of that name.
    pub fn compile(&mut self, name: &[u8], kind: Kind) -> Done {
        self.check_buffers()?;
        // `off` outweighs what stands beside it.
        if self.next_upstream.has(Failures::OFF) {
            self.next_upstream = Failures::OFF;
        }
        self.headers = Arc::new(self.request_headers());
        let mut hidden = NameSet::default();
        HIDDEN.iter().for_each(|name| hidden.insert(name.as_bytes()));
        self.hide_header.iter().for_each(|name| hidden.insert(name));
        self.pass_header.iter().for_each(|name| hidden.remove(name));
        self.hidden = Arc::new(hidden);
        self.redirects = Arc::new(self.compile_redirects(name, kind));
        Ok(())
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

    fn compile_redirects(&self, name: &[u8], kind: Kind) -> Vec<Redirect> {
        let default = || {
            let pass = self.pass.as_ref()?;
            if matches!(pass.target, Target::Variable(_)) {
                return None;
            }
            let url = &*pass.url;
            // Without a uri of its own the address maps onto the root.
            let (from, to) = match pass.uri {
                Some(_) if matches!(kind, Kind::Prefix | Kind::Exact) => (url.to_vec(), name),
                Some(_) => return None,
                None => ([url, b"/"].concat(), b"/".as_slice()),
            };
            let from = RedirectFrom::Prefix(Template::text(&from));
            Some(Redirect { from, to: Template::text(to) })
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

    fn check_buffers(&self) -> Done {
        let buffers = self.buffers.unwrap_or(Buffers { number: 8, size: 4096 });
        if buffers.number < 2 {
            return Err("there must be at least 2 \"proxy_buffers\"".into());
        }
        let largest = self.buffer_size.max(buffers.size);
        let busy = self.busy_buffers_size.unwrap_or(2 * largest);
        if busy < largest {
            return Err(
                "\"proxy_busy_buffers_size\" must be equal to or greater than the maximum \
                        of the value of \"proxy_buffer_size\" and one of the \"proxy_buffers\""
                    .into(),
            );
        }
        if busy > buffers.total() - buffers.size {
            return Err("\"proxy_busy_buffers_size\" must be less than the size of all \
                        \"proxy_buffers\" minus one buffer"
                .into());
        }
        let write = self.temp_file_write_size.unwrap_or(2 * largest);
        if write < largest {
            return Err("\"proxy_temp_file_write_size\" must be equal to or greater than the \
                        maximum of the value of \"proxy_buffer_size\" and one of the \
                        \"proxy_buffers\""
                .into());
        }
        if self.max_temp_file_size > 0 && self.max_temp_file_size < largest as u64 {
            return Err("\"proxy_max_temp_file_size\" must be equal to zero to disable temporary \
                        files usage or must be equal to or greater than the maximum of the value \
                        of \"proxy_buffer_size\" and one of the \"proxy_buffers\""
                .into());
        }
        Ok(())
    }
}

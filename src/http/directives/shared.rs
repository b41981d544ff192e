//! The directives that all upstream modules share, but for their prefix.

use super::words::{access, any_of};
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::address::{Url, UrlError};
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::cache::ZoneName;
use crate::http::settings::core::TempPath;
use crate::http::settings::server::Buffers;
pub(super) use crate::http::settings::upstream_conf::ProtocolIndex;
use crate::http::settings::upstream_conf::*;
use crate::os::addr::Addr;
use crate::proto::cgi::{ParamName, Params};
use crate::upstream::failure::Failures;

/// One row of a protocol, whose directives begin with that prefix.
macro_rules! upstream_row {
    ($protocol:ident, $prefix:literal, $kind:ident $field:ident) => {{
        use crate::conf::directive::{Args, Set};
        use crate::http::directives::shared as rows;
        const AT: usize = rows::ProtocolIndex::$protocol as usize;
        let name = concat!($prefix, stringify!($field));
        rows::row(name, Args::ONE, Set::$kind(|l| &mut l.upstreams[AT].$field))
    }};
    ($protocol:ident, $prefix:literal, $field:ident, $args:expr) => {
        crate::http::directives::shared::upstream_row!($protocol, $prefix, $field, $args, $field)
    };
    ($protocol:ident, $prefix:literal, $field:ident, $args:expr, $by:expr) => {{
        use crate::conf::directive::Set;
        use crate::http::directives::shared as rows;
        const AT: usize = rows::ProtocolIndex::$protocol as usize;
        let name = concat!($prefix, stringify!($field));
        rows::row(
            name,
            $args,
            Set::Own(|l, builder, line| ($by)(&mut l.upstreams[AT], builder, line)),
        )
    }};
}
pub(super) use upstream_row;

/// The rows of one protocol, whose directives begin with that prefix.
macro_rules! upstream_rows {
    ($protocol:ident, $prefix:literal) => {{
        use crate::conf::directive::Args;
        use crate::http::directives::shared as rows;

        macro_rules! row {
            ($kind:ident $field:ident) => {
                rows::upstream_row!($protocol, $prefix, $kind $field)
            };
            ($field:ident, $args:expr) => {
                rows::upstream_row!($protocol, $prefix, $field, $args, rows::$field)
            };
        }
        &[
            row!(Msec connect_timeout),
            row!(Msec send_timeout),
            row!(Msec read_timeout),
            row!(Flag buffering),
            row!(Size buffer_size),
            row!(buffers, Args::TWO),
            row!(busy_buffers_size, Args::ONE),
            row!(Offset max_temp_file_size),
            row!(temp_file_write_size, Args::ONE),
            row!(temp_path, Args::ONE_TO_FOUR),
            row!(Flag request_buffering),
            row!(Flag request_dynamic),
            row!(Flag force_ranges),
            row!(limit_rate, Args::ONE),
            row!(Flag ignore_client_abort),
            row!(Flag intercept_errors),
            row!(Flag pass_request_headers),
            row!(Flag pass_request_body),
            row!(hide_header, Args::ONE),
            row!(pass_header, Args::ONE),
            row!(ignore_headers, Args::SOME),
            row!(allow_upstream, Args::SOME),
            row!(next_upstream, Args::SOME),
            row!(Number next_upstream_tries),
            row!(Msec next_upstream_timeout),
            row!(bind, Args::ONE_OR_TWO),
            row!(Flag bind_dynamic),
            row!(Size socket_rcvbuf),
            row!(Size socket_sndbuf),
            row!(Flag socket_keepalive),
            rows::row(
                concat!($prefix, "store"),
                Args::ONE,
                Set::Own(|l, builder, line| {
                    rows::store(l, rows::ProtocolIndex::$protocol, builder, line)
                }),
            ),
            row!(store_access, Args(1, 3)),
        ]
    }};
}
pub(super) use upstream_rows;

pub(super) const fn row(
    name: &'static str,
    args: Args,
    set: Set<LocationRaw>,
) -> Directive<LocationRaw> {
    Directive { name, places: Places::HTTP.and(Places::SERVER).and(Places::LOCATION), args, set }
}

type Done = Result<(), Wrong>;

/// `…_param`, as the protocol of `P` writes it.
pub(super) fn param<P: Params>(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let if_not_empty = match line.args().get(2) {
        None => false,
        Some(word) if &**word == b"if_not_empty" => true,
        Some(word) => return Err(format!("invalid parameter \"{}\"", text(word)).into()),
    };
    let name = ParamName::new::<P>(&line.words[1]);
    let value = builder.template(&line.words[2])?;
    upstream.params.get_or_insert_default().push(Param { name, value, if_not_empty });
    Ok(())
}

/// `…_pass` of a protocol whose addresses have no uri; it may hold variables.
pub(super) fn pass(
    protocol: ProtocolIndex,
    parse: fn(&[u8]) -> Result<Url<'_>, UrlError>,
    l: &mut LocationRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let word = &line.words[1];
    let template = builder.template(word)?;
    if template.as_text().is_some() {
        return pass_to_group(protocol, parse, l, builder, line);
    }
    l.once(line)?;
    let target = Target::Variable(template);
    l.passes_to(protocol, Pass { target, url: word.clone(), ..Pass::default() });
    Ok(())
}

/// The same of an address or the name of a group alone.
pub(super) fn pass_to_group(
    protocol: ProtocolIndex,
    parse: fn(&[u8]) -> Result<Url<'_>, UrlError>,
    l: &mut LocationRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    l.once(line)?;
    let word = &line.words[1];
    let address = parse(word).map_err(|why| format!("{why} in upstream \"{}\"", text(word)))?;
    let group = builder.group(&text(address.host), address.port, None, line.at)?;
    let pass = Pass {
        target: Target::Group(group),
        ssl: address.ssl,
        url: word.clone(),
        host: address.authority.into(),
        ..Pass::default()
    };
    l.passes_to(protocol, pass);
    Ok(())
}

pub(super) fn buffers(upstream: &mut UpstreamRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.buffers, || Buffers::parse(line).map(Some))
}

pub(super) fn busy_buffers_size(
    upstream: &mut UpstreamRaw,
    _: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(&mut upstream.busy_buffers_size, || {
        value::size(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

pub(super) fn temp_file_write_size(
    upstream: &mut UpstreamRaw,
    _: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(&mut upstream.temp_file_write_size, || {
        value::size(&line.words[1]).map(Some).ok_or_else(Wrong::invalid_value)
    })
}

pub(super) fn temp_path(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(&mut upstream.temp_path, || TempPath::parse(builder, line))
}

pub(super) fn limit_rate(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(&mut upstream.limit_rate, || {
        let template = builder.template(&line.words[1])?;
        match template.as_text().map(value::size) {
            Some(None) => Err(Wrong::invalid_value()),
            _ => Ok(Some(template)),
        }
    })
}

pub(super) fn bind(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.bind, || {
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

pub(super) fn hide_header(upstream: &mut UpstreamRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    upstream.hide_header.get_or_insert_default().push(line.words[1].clone());
    Ok(())
}

pub(super) fn pass_header(upstream: &mut UpstreamRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    upstream.pass_header.get_or_insert_default().push(line.words[1].clone());
    Ok(())
}

pub(super) fn send_lowat(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(&mut upstream.send_lowat, || {
        value::size(&line.words[1]).ok_or_else(Wrong::invalid_value)
    })?;
    builder.warn(&format!("\"{}\" is not supported, ignored", line.name()), line.at);
    Ok(())
}

pub(super) fn ignore_headers(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
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
    let bits = upstream.ignore_headers.get_or_insert(Bits::NONE);
    any_of(builder, line, &choices, |bit| {
        let is_new = !bits.contains(bit);
        bits.0 |= bit.0;
        is_new
    })
}

pub(super) fn allow_upstream(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    fill(&mut upstream.allow_upstream, || {
        line.args().iter().map(|word| builder.template(word)).collect()
    })
}

pub(super) fn next_upstream(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let more = [("denied", Failures::DENIED), ("undelivered", Failures::UNDELIVERED)];
    failures(&mut upstream.next_upstream, builder, line, &more)
}

/// Adds conditions to those of former lines; `more` are not everywhere.
pub(super) fn failures(
    slot: &mut Option<Failures>,
    builder: &mut Builder,
    line: &Line<'_>,
    more: &[(&str, Failures)],
) -> Done {
    let choices = [
        ("error", Failures::ERROR),
        ("timeout", Failures::TIMEOUT),
        ("invalid_header", Failures::INVALID_HEADER),
        ("non_idempotent", Failures::NON_IDEMPOTENT),
        ("http_500", Failures::HTTP_500),
        ("http_502", Failures::HTTP_502),
        ("http_503", Failures::HTTP_503),
        ("http_504", Failures::HTTP_504),
        ("http_403", Failures::HTTP_403),
        ("http_404", Failures::HTTP_404),
        ("http_429", Failures::HTTP_429),
        ("updating", Failures::UPDATING),
        ("off", Failures::OFF),
    ];
    words_of(slot, builder, line, &[&choices, more].concat())
}

/// As [`failures`], of the words that the protocol has.
pub(super) fn words_of(
    slot: &mut Option<Failures>,
    builder: &mut Builder,
    line: &Line<'_>,
    choices: &[(&str, Failures)],
) -> Done {
    let is_proxy = line.words[0].starts_with(b"proxy_");
    let bits = slot.get_or_insert(Failures::NONE);
    for word in line.args() {
        let bit = choice(word, choices)?;
        // A gateway sends these for itself; a script does not.
        if matches!(bit, Failures::HTTP_502 | Failures::HTTP_504) && !is_proxy {
            return Err(format!("invalid value \"{}\"", text(word)).into());
        }
        if bits.has(bit) {
            builder.warn(&format!("duplicate value \"{}\"", text(word)), line.at);
        }
        *bits |= bit;
    }
    Ok(())
}

pub(super) fn store(
    l: &mut LocationRaw,
    protocol: ProtocolIndex,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    let (at, prefix) = (protocol as usize, protocol.prefix());
    let has_cache = !matches!(l.caches[at].zone, None | Some(ZoneName::Off));
    fill(&mut l.upstreams[at].store, || match &*line.words[1] {
        b"off" => Ok(StoreAs::Off),
        _ if has_cache => {
            Err(Wrong::directive(&format!("is incompatible with \"{prefix}_cache\"")))
        }
        b"on" => Ok(StoreAs::Uri),
        word => {
            let path = builder.template(word)?;
            Ok(StoreAs::Path(builder.path_template(path)))
        }
    })
}

pub(super) fn store_access(upstream: &mut UpstreamRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.store_access, || access(line))
}

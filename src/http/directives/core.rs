//! The core module's directives.

use super::main::error_log;
use super::words::check_number;
use crate::conf::directive::{
    Args, Directive, Line, Places, Set, choice, fill, flag, number, text,
};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::addrs::server_addrs;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Kind;
use crate::http::settings::core::{
    Browsers, ErrorPage, FileCacheSize, IfModifiedSince, InFileOnly, Lingering, Overwrite, Root,
    Satisfy, Symlinks, TempPath, Tokens,
};
use crate::http::settings::server::Buffers;
use crate::http::vars::{Part, Template, Var};
use crate::os::symlinks::Links;
use crate::os::temp;
use crate::upstream::resolve::Settings;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const HERE_OR_IF: Places = HERE.and(Places::IF_LOCATION);
const LOCATION: Places = Places::LOCATION;
const HTTP: Places = Places::HTTP;

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
    ($name:literal, $set:ident $field:ident) => {
        row!($name, HERE, ONE, Set::$set(|l| &mut l.core.$field))
    };
}

/// The directives of `http`, `server` and `location`.
pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("root", HERE_OR_IF, ONE, Set::Own(root)),
    row!("alias", LOCATION, ONE, Set::Own(root)),
    row!("index", HERE, SOME, Set::Own(index)),
    row!("default_type", HERE, ONE, Set::Own(default_type)),
    row!("error_page", HERE_OR_IF, SOME, Set::Own(error_page)),
    row!("error_log", HERE, SOME, Set::Own(location_error_log)),
    row!("internal", LOCATION, NONE, Set::Own(internal)),
    row!("client_body_timeout", Msec client_body_timeout),
    row!("client_max_body_size", Offset client_max_body_size),
    row!("client_body_buffer_size", Size client_body_buffer_size),
    row!("client_body_temp_path", HERE, ONE_TO_FOUR, Set::Own(client_body_temp_path)),
    row!("client_body_in_file_only", HERE, ONE, Set::Own(in_file_only)),
    row!("client_body_in_single_buffer", Flag client_body_in_single_buffer),
    row!("send_timeout", Msec send_timeout),
    row!("limit_rate", HERE_OR_IF, ONE, Set::Own(limit_rate)),
    row!("limit_rate_after", HERE_OR_IF, ONE, Set::Own(limit_rate_after)),
    row!("send_lowat", HERE, ONE, Set::Own(send_lowat)),
    row!("keepalive_timeout", HERE, ONE_OR_TWO, Set::Own(keepalive_timeout)),
    row!("keepalive_min_timeout", Msec keepalive_min_timeout),
    row!("keepalive_requests", Number keepalive_requests),
    row!("keepalive_time", Msec keepalive_time),
    row!("keepalive_disable", HERE, SOME, Set::Own(keepalive_disable)),
    row!("lingering_close", HERE, ONE, Set::Own(lingering_close)),
    row!("lingering_time", Msec lingering_time),
    row!("lingering_timeout", Msec lingering_timeout),
    row!("reset_timedout_connection", Flag reset_timedout_connection),
    row!("client_half_close", Flag client_half_close),
    row!("resolver", HERE, SOME, Set::Own(resolver)),
    row!("resolver_timeout", Msec resolver_timeout),
    row!("sendfile", HERE_OR_IF, ONE, Set::Flag(|l| &mut l.core.sendfile)),
    row!("sendfile_max_chunk", Offset sendfile_max_chunk),
    row!("tcp_nopush", Flag tcp_nopush),
    row!("tcp_nodelay", Flag tcp_nodelay),
    row!("postpone_output", Size postpone_output),
    row!("read_ahead", Offset read_ahead),
    row!("output_buffers", HERE, TWO, Set::Own(output_buffers)),
    row!("aio", HERE, ONE, Set::Own(aio)),
    row!("aio_write", HERE, ONE, Set::Own(check_flag)),
    row!("directio", HERE, ONE, Set::Own(directio)),
    row!("disable_symlinks", HERE, ONE_OR_TWO, Set::Own(disable_symlinks)),
    row!("directio_alignment", HERE, ONE, Set::Own(check_offset)),
    row!("subrequest_output_buffer_size", Size subrequest_output_buffer_size),
    row!("early_hints", HERE, SOME, Set::Own(early_hints)),
    row!("server_tokens", HERE, ONE, Set::Own(server_tokens)),
    row!("auth_delay", Msec auth_delay),
    row!("etag", Flag etag),
    row!("if_modified_since", HERE, ONE, Set::Own(if_modified_since)),
    row!("max_ranges", HERE, ONE, Set::Own(max_ranges)),
    row!("chunked_transfer_encoding", Flag chunked_transfer_encoding),
    row!("log_not_found", Flag log_not_found),
    row!("log_subrequest", Flag log_subrequest),
    row!("post_action", HERE_OR_IF, ONE, Set::Own(post_action)),
    row!("recursive_error_pages", Flag recursive_error_pages),
    row!("satisfy", HERE, ONE, Set::Own(satisfy)),
    row!("absolute_redirect", Flag absolute_redirect),
    row!("port_in_redirect", Flag port_in_redirect),
    row!("server_name_in_redirect", Flag server_name_in_redirect),
    row!("msie_padding", Flag msie_padding),
    row!("msie_refresh", Flag msie_refresh),
    row!("open_file_cache", HERE, ONE_OR_TWO, Set::Own(open_file_cache)),
    row!("open_file_cache_valid", HERE, ONE, Set::Own(open_file_cache_valid)),
    row!("open_file_cache_min_uses", Number open_file_cache_min_uses),
    row!("open_file_cache_errors", Flag open_file_cache_errors),
    row!("open_file_cache_events", Flag open_file_cache_events),
    row!("types_hash_max_size", HERE, ONE, Set::Own(check_number)),
    row!("types_hash_bucket_size", HERE, ONE, Set::Own(check_number)),
    row!("keepalive_total", HTTP, ONE, Set::Own(keepalive_total)),
    row!("server_names_hash_max_size", HTTP, ONE, Set::Own(check_number)),
    row!("server_names_hash_bucket_size", HTTP, ONE, Set::Own(check_number)),
    row!("variables_hash_max_size", HTTP, ONE, Set::Own(check_number)),
    row!("variables_hash_bucket_size", HTTP, ONE, Set::Own(check_number)),
    row!("map_hash_max_size", HTTP, ONE, Set::Own(check_number)),
    row!("map_hash_bucket_size", HTTP, ONE, Set::Own(check_number)),
];

type Done = Result<(), Wrong>;

fn resolver(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.resolver, || {
        let settings = Settings::parse(line.args(), server_addrs)?;
        builder.resolver(settings).map(Some)
    })
}

fn post_action(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.post_action, || Ok(Some(line.words[1].clone())))
}

fn root(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let name = line.name();
    let alias = name == "alias";
    if let Some(before) = &l.core.root {
        if before.alias == alias {
            return Err(Wrong::duplicate());
        }
        let other = if before.alias { "alias" } else { "root" };
        let what = format!("is duplicate, \"{other}\" directive was specified earlier");
        return Err(Wrong::Directive(what));
    }
    if alias && l.kind == Kind::Named {
        let what = "the \"alias\" directive cannot be used inside the named location";
        return Err(what.into());
    }
    let path = builder.template(&line.words[1])?;
    for (var, shown) in [(Var::DocumentRoot, "document_root"), (Var::RealpathRoot, "realpath_root")]
    {
        if path.parts.contains(&Part::Var(var)) {
            return Err(format!(
                "the ${shown} variable cannot be used in the \"{name}\" directive"
            )
            .into());
        }
    }
    let replaces = (l.kind != Kind::Regex).then_some(l.name.len());
    l.core.root = Some(Root { path: builder.path_template(path), alias, replaces });
    Ok(())
}

fn index(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    for (at, word) in line.args().iter().enumerate() {
        if word.is_empty() {
            return Err("index \"\" in \"index\" directive is invalid".into());
        }
        if word[0] == b'/' && at + 1 != line.args().len() {
            let message = "only the last index in \"index\" directive should be absolute";
            builder.warn(message, line.at);
        }
        let file = builder.template(word)?;
        l.core.index.get_or_insert_default().push(file);
    }
    Ok(())
}

fn default_type(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.default_type, || Ok(line.words[1].clone()))
}

fn keepalive_total(_: &mut LocationRaw, b: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut b.keepalive_total, || number(&line.words[1]))
}

fn internal(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Done {
    l.internal = true;
    Ok(())
}

fn location_error_log(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    error_log(&mut l.core.error_log, builder, line)
}

fn error_page(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let (page, statuses) = line.args().split_last().expect("the table asks for a word");
    let invalid = |word: &[u8]| Wrong::Message(format!("invalid value \"{}\"", text(word)));
    let (overwrite, statuses) = match statuses.split_last() {
        Some((word, [])) if word.first() == Some(&b'=') => return Err(invalid(word)),
        Some((word, statuses)) if word.first() == Some(&b'=') => {
            let overwrite = match &word[1..] {
                b"" => Overwrite::Answer,
                code => Overwrite::Status(
                    number(code)
                        .ok()
                        .and_then(|n| n.try_into().ok())
                        .ok_or_else(|| invalid(word))?,
                ),
            };
            (overwrite, statuses)
        }
        _ => (Overwrite::Keep, statuses),
    };
    if statuses.is_empty() {
        return Err("invalid number of arguments in \"error_page\" directive".into());
    }
    let (uri, args) = split_args(page);
    let template = builder.template(uri)?;
    for word in statuses {
        let status = number(word).ok().filter(|&n| n != 499).ok_or_else(|| invalid(word))?;
        if !(300..=599).contains(&status) {
            return Err(format!("value \"{}\" must be between 300 and 599", text(word)).into());
        }
        // What was said only between us becomes a plain 400.
        let overwrite = match (overwrite, status) {
            (Overwrite::Keep, 494..=497) => Overwrite::Status(400),
            _ => overwrite,
        };
        let page = ErrorPage {
            status: status as u16,
            overwrite,
            page: template.clone(),
            args: args.into(),
            named: None,
        };
        l.core.error_page.get_or_insert_default().push(page);
    }
    Ok(())
}

/// A constant uri is cut at its `?`; anything else stays whole.
fn split_args(page: &[u8]) -> (&[u8], &[u8]) {
    let mark = page.iter().position(|&byte| byte == b'?');
    match mark {
        Some(at) if page[0] == b'/' && !page.contains(&b'$') => (&page[..at], &page[at + 1..]),
        _ => (page, b""),
    }
}

fn client_body_temp_path(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.client_body_temp_path, || TempPath::parse(builder, line))
}

fn send_lowat(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.send_lowat, || value::size(&line.words[1]).ok_or_else(Wrong::invalid_value))?;
    builder.warn("\"send_lowat\" is not supported, ignored", line.at);
    Ok(())
}

impl TempPath {
    pub fn parse(builder: &mut Builder, line: &Line<'_>) -> Result<Self, Wrong> {
        let mut levels = [0; 3];
        // The number that they are digits of.
        let mut left = temp::DIGITS;
        for (level, word) in levels.iter_mut().zip(&line.args()[1..]) {
            let digits = number(word).ok().and_then(|digits| u8::try_from(digits).ok());
            *level = digits.filter(|&digits| digits > 0).ok_or_else(Wrong::invalid_value)?;
            left = left.checked_sub(*level).ok_or_else(Wrong::invalid_value)?;
        }
        let path = builder.path(&line.words[1]);
        builder.temp_path(&path, levels, line.at)?;
        Ok(Self { path, levels })
    }
}

fn in_file_only(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("off", InFileOnly::Off), ("on", InFileOnly::On), ("clean", InFileOnly::Clean)];
    fill(&mut l.core.client_body_in_file_only, || choice(&line.words[1], &choices))
}

fn limit_rate(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.limit_rate, || rate(builder, line).map(Some))
}

fn limit_rate_after(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.limit_rate_after, || rate(builder, line).map(Some))
}

fn rate(builder: &mut Builder, line: &Line<'_>) -> Result<Template, Wrong> {
    let template = builder.template(&line.words[1])?;
    match template.as_text().map(value::size) {
        Some(None) => Err(Wrong::invalid_value()),
        _ => Ok(template),
    }
}

fn open_file_cache(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.open_file_cache, || {
        let (mut max, mut inactive, mut off) = (None, 60_000, false);
        for word in line.args() {
            let invalid = || {
                Wrong::Message(format!("invalid \"open_file_cache\" parameter \"{}\"", text(word)))
            };
            if let Some(files) = word.strip_prefix(b"max=") {
                max = number(files).ok().filter(|files| *files > 0);
                max.ok_or_else(invalid)?;
            } else if let Some(time) = word.strip_prefix(b"inactive=") {
                inactive = value::sec_as_msec(time).ok_or_else(invalid)?;
            } else if &**word == b"off" {
                off = true;
            } else {
                return Err(invalid());
            }
        }
        match max {
            _ if off => Ok(None),
            Some(max) => {
                builder.file_cache(FileCacheSize { max: max as usize, inactive }).map(Some)
            }
            None => Err("\"open_file_cache\" must have the \"max\" parameter".into()),
        }
    })
}

fn open_file_cache_valid(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.open_file_cache_valid, || {
        value::sec_as_msec(&line.words[1]).ok_or_else(Wrong::invalid_value)
    })
}

fn disable_symlinks(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.disable_symlinks, || {
        let (mut links, mut from) = (None, None);
        for word in line.args() {
            match &**word {
                b"off" => links = Some(None),
                b"on" => links = Some(Some(Links::None)),
                b"if_not_owner" => links = Some(Some(Links::OfOwner)),
                other => match other.strip_prefix(b"from=") {
                    Some(b"") => {}
                    Some(path) => from = Some(builder.template(path)?),
                    None => return Err(format!("invalid parameter \"{}\"", text(other)).into()),
                },
            }
        }
        match (links, from) {
            (None, _) => Err("\"disable_symlinks\" must have \"off\", \"on\" or \"if_not_owner\" \
                              parameter"
                .into()),
            (Some(None), Some(_)) => Err("\"from=\" cannot be used with \"off\" parameter".into()),
            (Some(None), None) => Ok(None),
            (Some(Some(links)), from) => Ok(Some(Symlinks { links, from })),
        }
    })
}

fn early_hints(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.early_hints, || {
        let conditions = line.args().iter().map(|word| builder.template(word));
        conditions.collect::<Result<_, _>>().map(Some)
    })
}

fn keepalive_timeout(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.keepalive_timeout, || {
        value::msec(&line.words[1]).ok_or_else(Wrong::invalid_value)
    })?;
    let header = line.args().get(1).map(|word| value::sec(word).ok_or_else(Wrong::invalid_value));
    l.core.keepalive_header = Some(header.transpose()?.unwrap_or(0));
    Ok(())
}

fn keepalive_disable(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices =
        [("none", Browsers::NONE), ("msie6", Browsers::MSIE6), ("safari", Browsers::SAFARI)];
    let browsers = l.core.keepalive_disable.get_or_insert(Browsers::NONE);
    for word in line.args() {
        browsers.0 |= choice(word, &choices)?.0;
    }
    Ok(())
}

fn lingering_close(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("off", Lingering::Off), ("on", Lingering::On), ("always", Lingering::Always)];
    fill(&mut l.core.lingering_close, || choice(&line.words[1], &choices))
}

fn output_buffers(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.output_buffers, || Buffers::parse(line))
}

fn server_tokens(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("off", Tokens::Off), ("on", Tokens::On), ("build", Tokens::Build)];
    fill(&mut l.core.server_tokens, || choice(&line.words[1], &choices))
}

fn if_modified_since(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [
        ("off", IfModifiedSince::Off),
        ("exact", IfModifiedSince::Exact),
        ("before", IfModifiedSince::Before),
    ];
    fill(&mut l.core.if_modified_since, || choice(&line.words[1], &choices))
}

fn max_ranges(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.max_ranges, || number(&line.words[1]).map(Some))
}

fn satisfy(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("all", Satisfy::All), ("any", Satisfy::Any)];
    fill(&mut l.core.satisfy, || choice(&line.words[1], &choices))
}

fn aio(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    l.once(line)?;
    match (&*line.words[1], line.words[1].strip_prefix(b"threads=")) {
        (b"on" | b"off" | b"threads", _) => Ok(()),
        // This one is there without a line for it.
        (_, Some(b"default")) => Ok(()),
        (_, Some(name)) => builder.ask_for_threads(name, line.at),
        _ => Err(Wrong::invalid_value()),
    }
}

fn directio(_: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    if &*line.words[1] == b"off" { Ok(()) } else { check_offset_word(&line.words[1]) }
}

fn check_offset(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.once(line)?;
    check_offset_word(&line.words[1])
}

fn check_offset_word(word: &[u8]) -> Done {
    value::offset(word).map(drop).ok_or_else(Wrong::invalid_value)
}

fn check_flag(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.once(line)?;
    flag(line).map(drop)
}

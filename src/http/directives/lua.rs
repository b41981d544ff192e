//! The directives of the lua module.

use std::sync::Arc;

use super::rewrite::set_target;
use crate::conf::directive::{Args, Directive, Line, Places, Scope, Set, fill, flag, number};
use crate::conf::error::{Position, Wrong};
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Content;
use crate::http::settings::lua::{Script, ScriptIndex, SetByLua, Source};
use crate::http::settings::rewrite::RewriteOp;

const PHASE: Places =
    Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::IF_LOCATION);
const SETS: Places =
    Places::SERVER.and(Places::LOCATION).and(Places::IF_SERVER).and(Places::IF_LOCATION);
const CONTENT: Places = Places::LOCATION.and(Places::IF_LOCATION);
const EVERYWHERE: Places = PHASE;
const SERVERS: Places = Places::HTTP.and(Places::SERVER);

type Done = Result<(), Wrong>;

/// The three forms of a line: text in quotes, a block, and a file.
macro_rules! forms {
    ($name:literal, $places:expr, $set:expr) => {
        [
            row($name, $places, Args::ONE, Set::Own(|l, b, line| $set(l, b, line, Form::Text))),
            row(
                concat!($name, "_block"),
                $places,
                Args::ONE,
                Set::Own(|l, b, line| $set(l, b, line, Form::Text)),
            ),
            row(
                concat!($name, "_file"),
                $places,
                Args::ONE,
                Set::Own(|l, b, line| $set(l, b, line, Form::File)),
            ),
        ]
    };
}

/// The script of a phase of requests.
macro_rules! phase {
    ($field:ident) => {
        |l: &mut LocationRaw, b: &mut Builder, line: &Line<'_>, form| {
            let script = script(b, line, form, 1)?;
            fill(&mut l.lua.$field, || Ok(Some(script)))
        }
    };
}

/// The script of a moment of the program.
macro_rules! moment {
    ($field:ident) => {
        |_: &mut LocationRaw, b: &mut Builder, line: &Line<'_>, form| {
            let script = script(b, line, form, 1)?;
            fill(&mut b.lua.$field, || Ok(script))
        }
    };
}

pub(super) use forms;

pub(super) const fn row<S: Scope>(
    name: &'static str,
    places: Places,
    args: Args,
    set: Set<S>,
) -> Directive<S> {
    Directive { name, places, args, set }
}

static SCRIPTS: [[Directive<LocationRaw>; 3]; 10] = [
    forms!("init_by_lua", Places::HTTP, moment!(init)),
    forms!("init_worker_by_lua", Places::HTTP, moment!(init_worker)),
    forms!("exit_worker_by_lua", Places::HTTP, moment!(exit_worker)),
    forms!("server_rewrite_by_lua", SERVERS, phase!(server_rewrite)),
    forms!("rewrite_by_lua", PHASE, phase!(rewrite)),
    forms!("access_by_lua", PHASE, phase!(access)),
    forms!("content_by_lua", CONTENT, content),
    forms!("header_filter_by_lua", PHASE, phase!(header_filter)),
    forms!("body_filter_by_lua", PHASE, phase!(body_filter)),
    forms!("log_by_lua", PHASE, phase!(log)),
];

/// The lines that are scripts.
pub static ROWS_OF_SCRIPTS: &[Directive<LocationRaw>] = SCRIPTS.as_flattened();

#[rustfmt::skip]
pub static ROWS: &[Directive<LocationRaw>] = &[
    row("set_by_lua", SETS, Args(2, u8::MAX), Set::Own(|l, b, line| set(l, b, line, Form::Text))),
    row("set_by_lua_block", SETS, Args::TWO, Set::Own(|l, b, line| set(l, b, line, Form::Text))),
    row("set_by_lua_file", SETS, Args(2, u8::MAX), Set::Own(|l, b, line| set(l, b, line, Form::File))),
    row("lua_code_cache", PHASE, Args::ONE, Set::Flag(|l| &mut l.lua.code_cache)),
    row("lua_need_request_body", PHASE, Args::ONE, Set::Flag(|l| &mut l.lua.need_request_body)),
    row("lua_check_client_abort", PHASE, Args::ONE, Set::Flag(|l| &mut l.lua.check_client_abort)),
    row("lua_transform_underscores_in_response_headers", PHASE, Args::ONE, Set::Flag(|l| &mut l.lua.transform_underscores)),
    row("lua_use_default_type", PHASE, Args::ONE, Set::Flag(|l| &mut l.lua.use_default_type)),
    row("lua_http10_buffering", PHASE, Args::ONE, Set::Flag(|l| &mut l.lua.http10_buffering)),
    row("lua_socket_log_errors", PHASE, Args::ONE, Set::Ignored),
    row("rewrite_by_lua_no_postpone", Places::HTTP, Args::ONE, Set::Own(|_, b: &mut Builder, line| flag_of(&mut b.lua.rewrite_no_postpone, line))),
    row("access_by_lua_no_postpone", Places::HTTP, Args::ONE, Set::Own(|_, b: &mut Builder, line| flag_of(&mut b.lua.access_no_postpone, line))),
    row("lua_max_pending_timers", Places::HTTP, Args::ONE, Set::Own(|_, b: &mut Builder, line| number_of(&mut b.lua.max_pending_timers, line))),
    row("lua_max_running_timers", Places::HTTP, Args::ONE, Set::Own(|_, b: &mut Builder, line| number_of(&mut b.lua.max_running_timers, line))),
    row("lua_regex_cache_max_entries", Places::HTTP, Args::ONE, Set::Own(|_, b: &mut Builder, line| number_of(&mut b.lua.regex_cache_max_entries, line))),
    row("lua_package_path", Places::HTTP, Args::ONE, Set::Own(package_path)),
    row("lua_package_cpath", Places::HTTP, Args::ONE, Set::Own(package_cpath)),
    row("lua_shared_dict", Places::HTTP, Args::TWO, Set::Own(shared_dict)),
    row("lua_memory_limit", Places::HTTP, Args::ONE, Set::Own(memory_limit)),
    row("lua_regex_match_limit", Places::HTTP, Args::ONE, Set::Ignored),
    row("lua_malloc_trim", Places::HTTP, Args::ONE, Set::Ignored),
    row("lua_load_resty_core", Places::HTTP, Args::ONE, Set::Ignored),
    row("lua_sa_restart", Places::HTTP, Args::ONE, Set::Ignored),
    row("lua_thread_cache_max_entries", Places::HTTP, Args::ONE, Set::Ignored),
    row("lua_capture_error_log", Places::HTTP, Args::ONE, Set::Ignored),
    row("lua_socket_connect_timeout", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_socket_send_timeout", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_socket_send_lowat", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_socket_read_timeout", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_socket_buffer_size", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_socket_pool_size", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_socket_keepalive_timeout", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_crl", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_ciphers", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_protocols", EVERYWHERE, Args::SOME, Set::Ignored),
    row("lua_ssl_trusted_certificate", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_verify_depth", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_certificate", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_certificate_key", EVERYWHERE, Args::ONE, Set::Ignored),
    row("lua_ssl_conf_command", EVERYWHERE, Args::TWO, Set::Ignored),
    row("lua_ssl_key_log", EVERYWHERE, Args::ONE, Set::Ignored),
    row("ssl_session_fetch_by_lua_block", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("ssl_session_fetch_by_lua_file", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("ssl_session_store_by_lua_block", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("ssl_session_store_by_lua_file", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("proxy_ssl_certificate_by_lua_block", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("proxy_ssl_certificate_by_lua_file", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("proxy_ssl_verify_by_lua_block", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("proxy_ssl_verify_by_lua_file", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("precontent_by_lua_block", EVERYWHERE, Args::ONE, Set::Own(refused)),
    row("precontent_by_lua_file", EVERYWHERE, Args::ONE, Set::Own(refused)),
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    File,
}

/// The script that a word of the line gives.
pub(super) fn script(
    b: &mut Builder,
    line: &Line<'_>,
    form: Form,
    word: usize,
) -> Result<ScriptIndex, Wrong> {
    if !cfg!(feature = "lua") {
        return Err(Wrong::directive(
            "needs the feature \"lua\", which this program is built without",
        ));
    }
    b.names.asks_response = true;
    let code = &line.words[word];
    let (chunk, source) = match form {
        Form::Text => (chunk(&line.name(), line.at), Source::Inline(code.clone())),
        Form::File => {
            let template = b.template(code)?;
            match template.as_text() {
                Some(name) => {
                    let path = b.path(name);
                    (format!("@{}", path.display()), Source::File(path))
                }
                None => (String::new(), Source::FileNamed(b.path_template(template))),
            }
        }
    };
    let at = line.at.to_string().into();
    b.lua.scripts.push(Script { chunk: chunk.into(), source, at });
    Ok((b.lua.scripts.len() - 1) as ScriptIndex)
}

/// `=access_by_lua(nginx.conf:27)`
fn chunk(directive: &str, at: &Position) -> String {
    let phase = directive.strip_suffix("_block").unwrap_or(directive);
    let file = at.file.rsplit('/').next().unwrap_or_default();
    format!("={phase}({file}:{})", at.line)
}

fn content(l: &mut LocationRaw, b: &mut Builder, line: &Line<'_>, form: Form) -> Done {
    let script = script(b, line, form, 1)?;
    if matches!(l.content, Some(Content::Lua(_))) {
        return Err(Wrong::duplicate());
    }
    l.content = Some(Content::Lua(script));
    Ok(())
}

fn set(l: &mut LocationRaw, b: &mut Builder, line: &Line<'_>, form: Form) -> Done {
    let target = set_target(b, line)?;
    let script = script(b, line, form, 2)?;
    let mut args = vec![];
    for word in &line.words[3..] {
        args.push(b.template(word)?);
    }
    l.rewrite.push(RewriteOp::Lua(Arc::new(SetByLua { script, target, args })));
    Ok(())
}

fn flag_of(to: &mut bool, line: &Line<'_>) -> Done {
    *to = flag(line)?;
    Ok(())
}

fn number_of(to: &mut u32, line: &Line<'_>) -> Done {
    *to = number(&line.words[1])?;
    Ok(())
}

/// `;;` in it stands for the default path.
fn package_path(_: &mut LocationRaw, b: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut b.lua.package_path, || Ok(line.words[1].clone()))
}

fn package_cpath(_: &mut LocationRaw, b: &mut Builder, line: &Line<'_>) -> Done {
    b.warn("\"lua_package_cpath\" has no effect: modules of C are not opened", line.at);
    Ok(())
}

fn shared_dict(_: &mut LocationRaw, b: &mut Builder, line: &Line<'_>) -> Done {
    let (name, shown) = (line.text(1), line.text(2));
    if name.is_empty() {
        return Err(format!("invalid lua shared dict name \"{name}\"").into());
    }
    let size = value::size(&line.words[2]).filter(|size| *size > 8191);
    let size = size.ok_or_else(|| format!("invalid lua shared dict size \"{shown}\""))?;
    b.zones.declare_dict(&name, size)
}

fn memory_limit(_: &mut LocationRaw, b: &mut Builder, line: &Line<'_>) -> Done {
    b.lua.memory_limit = value::size(&line.words[1]).ok_or_else(Wrong::invalid_value)?;
    Ok(())
}

fn refused(_: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Done {
    Err(Wrong::directive("is not supported: there is no such phase here"))
}

//! The directives of the set-misc module.

use std::sync::Arc;

use super::rewrite::set_target;
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::rewrite::RewriteOp;
use crate::http::settings::set_misc::{Function, SetMisc, UpstreamList};
use crate::http::slots::SetTarget;
use crate::http::vars::Template;

const LINES: Places =
    Places::SERVER.and(Places::LOCATION).and(Places::IF_SERVER).and(Places::IF_LOCATION);
const SETTINGS: Places =
    Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $args:expr, $function:ident) => {
        Directive {
            name: $name,
            places: LINES,
            args: $args,
            set: Set::Own(|l, builder, line| set(l, builder, line, $name, Function::$function)),
        }
    };
    ($name:literal, $set:expr) => {
        Directive { name: $name, places: SETTINGS, args: Args::ONE, set: $set }
    };
}

/// The variable, from the argument or else from itself.
const OWN: Args = Args::ONE_OR_TWO;
const ONE: Args = Args::TWO;
const TWO: Args = Args(3, 3);

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("set_base32_alphabet", Set::Own(alphabet)),
    row!("set_base32_padding", Set::Flag(|l| &mut l.base32.padding)),
    row!("set_misc_base32_padding", Set::Flag(|l| &mut l.base32.padding)),
    row!("set_decode_base32", OWN, DecodeBase32),
    row!("set_decode_base64", OWN, DecodeBase64),
    row!("set_decode_base64url", OWN, DecodeBase64Url),
    row!("set_decode_hex", OWN, DecodeHex),
    row!("set_encode_base32", OWN, EncodeBase32),
    row!("set_encode_base64", OWN, EncodeBase64),
    row!("set_encode_base64url", OWN, EncodeBase64Url),
    row!("set_encode_hex", OWN, EncodeHex),
    row!("set_escape_uri", OWN, EscapeUri),
    row!("set_formatted_gmt_time", ONE, GmtTime),
    row!("set_formatted_local_time", ONE, LocalTime),
    row!("set_hashed_upstream", TWO, HashedUpstream),
    row!("set_hmac_sha1", TWO, HmacSha1),
    row!("set_hmac_sha256", TWO, HmacSha256),
    row!("set_if_empty", ONE, IfEmpty),
    row!("set_local_today", Args::ONE, LocalToday),
    row!("set_md5", OWN, Md5),
    row!("set_quote_json_str", OWN, QuoteJson),
    row!("set_quote_pgsql_str", OWN, QuotePgsql),
    row!("set_quote_sql_str", OWN, QuoteSql),
    row!("set_random", TWO, Random),
    row!("set_rotate", TWO, Rotate),
    row!("set_secure_random_alphanum", ONE, RandomAlphanum),
    row!("set_secure_random_lcalpha", ONE, RandomLcalpha),
    row!("set_sha1", OWN, Sha1),
    row!("set_unescape_uri", OWN, UnescapeUri),
    Directive {
        name: "upstream_list",
        places: Places::HTTP,
        args: Args(2, u8::MAX),
        set: Set::Own(upstream_list),
    },
];

type Done = Result<(), Wrong>;

fn set(
    l: &mut LocationRaw,
    builder: &mut Builder,
    line: &Line<'_>,
    directive: &'static str,
    function: Function,
) -> Done {
    let target = set_target(builder, line)?;
    let mut args = vec![];
    let takes_variable = matches!(function, Function::IfEmpty | Function::Rotate)
        || line.args().len() == 1 && function != Function::LocalToday;
    if let (true, SetTarget::Slot(_)) = (takes_variable, target) {
        args.push(builder.template(&line.words[1])?);
    } else if takes_variable {
        args.push(Template::default());
    }
    for word in &line.args()[1..] {
        args.push(builder.template(word)?);
    }
    if function == Function::HashedUpstream {
        let name = args[0].as_text().filter(|name| builder.upstream_list(name).is_none());
        if let Some(name) = name {
            let name = text(name);
            return Err(
                format!("set_hashed_upstream: upstream list \"{name}\" not defined yet").into()
            );
        }
    }
    let misc = SetMisc { directive, target, function, args };
    l.rewrite.push(RewriteOp::Misc(Arc::new(misc)));
    Ok(())
}

fn alphabet(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.base32.alphabet, || match line.words[1].len() {
        32 => Ok(line.words[1].clone()),
        _ => Err("\"set_base32_alphabet\" directive takes an alphabet of 32 bytes".into()),
    })
}

fn upstream_list(_: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let name = &line.words[1];
    if builder.upstream_list(name).is_some() {
        return Err(format!("duplicate upstream list \"{}\"", text(name)).into());
    }
    let list = UpstreamList { name: name.clone(), elements: line.args()[1..].into() };
    builder.upstream_lists.push(list);
    Ok(())
}

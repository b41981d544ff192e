//! The directives of `proxy_ssl_…`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, number};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::ssl::Pem;
use crate::http::settings::upstream_conf::{ProtocolIndex, UpstreamRaw};

use super::ssl;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const AT: usize = ProtocolIndex::Proxy as usize;

macro_rules! row {
    ($name:literal, $args:ident, $set:expr) => {
        Directive { name: $name, places: HERE, args: Args::$args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("proxy_ssl_name", ONE, Set::Own(name)),
    row!("proxy_ssl_server_name", ONE, Set::Flag(|l| &mut l.upstreams[AT].ssl_server_name)),
    row!("proxy_ssl_verify", ONE, Set::Flag(|l| &mut l.upstreams[AT].ssl_verify)),
    row!("proxy_ssl_verify_depth", ONE, Set::Own(verify_depth)),
    row!("proxy_ssl_trusted_certificate", ONE, Set::Own(trusted)),
    row!("proxy_ssl_crl", ONE, Set::Own(crl)),
    row!("proxy_ssl_certificate", ONE, Set::Own(certificate)),
    row!("proxy_ssl_certificate_key", ONE, Set::Own(certificate_key)),
    Directive {
        name: "proxy_ssl_certificate_cache",
        places: HERE,
        args: Args(1, 3),
        set: Set::Own(certificate_cache),
    },
    row!("proxy_ssl_password_file", ONE, Set::Own(passwords)),
    row!("proxy_ssl_protocols", SOME, Set::Own(protocols)),
    row!("proxy_ssl_ciphers", ONE, Set::Own(ciphers)),
    row!("proxy_ssl_key_log", ONE, Set::Own(key_log)),
    row!("proxy_ssl_conf_command", TWO, Set::Own(conf_command)),
    row!("proxy_ssl_session_reuse", ONE, Set::Flag(|l| &mut l.upstreams[AT].ssl_session_reuse)),
];

type Done = Result<(), Wrong>;

fn name(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.upstreams[AT].ssl_name, || builder.template(&line.words[1]))
}

fn verify_depth(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.upstreams[AT].ssl_verify_depth, || number(&line.words[1]))
}

fn passwords(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::passwords(&mut l.upstreams[AT].ssl_passwords, builder, line)
}

fn protocols(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::protocols(&mut l.upstreams[AT].ssl_protocols, builder, line)
}

fn key_log(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::key_log(&mut l.upstreams[AT].ssl_key_log, builder, line)
}

fn conf_command(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::conf_command(&mut l.upstreams[AT].ssl_conf_commands, builder, line)
}

fn ciphers(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::ciphers(&mut l.upstreams[AT].ssl_ciphers, builder, line)
}

fn trusted(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.upstreams[AT].ssl_trusted_certificate, || ssl::file_or_none(builder, line))
}

fn crl(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.upstreams[AT].ssl_crl, || ssl::file_or_none(builder, line))
}

fn certificate(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    pem(l, builder, line, |upstream| &mut upstream.ssl_certificate)
}

fn certificate_key(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    pem(l, builder, line, |upstream| &mut upstream.ssl_certificate_key)
}

fn certificate_cache(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::certificate_cache(&mut l.upstreams[AT].ssl_certificate_cache, builder, line)
}

/// An empty word takes back what an outer block has said.
fn pem(
    l: &mut LocationRaw,
    builder: &mut Builder,
    line: &Line<'_>,
    slot: fn(&mut UpstreamRaw) -> &mut Option<Option<Pem>>,
) -> Done {
    fill(slot(&mut l.upstreams[AT]), || match &*line.words[1] {
        b"" => Ok(None),
        _ => ssl::pem(builder, line).map(Some),
    })
}

//! The directives of TLS with servers, which the protocols that may use it have but for their prefix.

use crate::conf::directive::{Args, Directive, Line, fill, number};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::ssl::Pem;
use crate::http::settings::upstream_conf::UpstreamRaw;

use super::shared::upstream_row;
use super::ssl;

macro_rules! ssl_rows {
    ($protocol:ident, $prefix:literal) => {{
        macro_rules! row {
            ($field:ident, $args:expr) => {
                upstream_row!($protocol, $prefix, $field, $args, $field)
            };
        }
        &[
            row!(ssl_name, Args::ONE),
            upstream_row!($protocol, $prefix, Flag ssl_server_name),
            upstream_row!($protocol, $prefix, Flag ssl_verify),
            row!(ssl_verify_depth, Args::ONE),
            row!(ssl_trusted_certificate, Args::ONE),
            row!(ssl_crl, Args::ONE),
            row!(ssl_certificate, Args::ONE),
            row!(ssl_certificate_key, Args::ONE),
            row!(ssl_certificate_cache, Args(1, 3)),
            row!(ssl_password_file, Args::ONE),
            row!(ssl_protocols, Args::SOME),
            row!(ssl_ciphers, Args::ONE),
            row!(ssl_key_log, Args::ONE),
            row!(ssl_conf_command, Args::TWO),
            upstream_row!($protocol, $prefix, Flag ssl_session_reuse),
        ]
    }};
}

pub static PROXY: &[Directive<LocationRaw>] = ssl_rows!(Proxy, "proxy_");
pub static UWSGI: &[Directive<LocationRaw>] = ssl_rows!(Uwsgi, "uwsgi_");

type Done = Result<(), Wrong>;

fn ssl_name(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.ssl_name, || builder.template(&line.words[1]).map(Some))
}

fn ssl_verify_depth(upstream: &mut UpstreamRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.ssl_verify_depth, || number(&line.words[1]))
}

fn ssl_password_file(upstream: &mut UpstreamRaw, builder: &Builder, line: &Line<'_>) -> Done {
    ssl::passwords(&mut upstream.ssl_passwords, builder, line)
}

fn ssl_protocols(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::protocols(&mut upstream.ssl_protocols, builder, line)
}

fn ssl_key_log(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::key_log(&mut upstream.ssl_key_log, builder, line)
}

fn ssl_conf_command(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::conf_command(&mut upstream.ssl_conf_commands, builder, line)
}

fn ssl_ciphers(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    ssl::ciphers(&mut upstream.ssl_ciphers, builder, line)
}

fn ssl_trusted_certificate(upstream: &mut UpstreamRaw, builder: &Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.ssl_trusted_certificate, || ssl::file_or_none(builder, line))
}

fn ssl_crl(upstream: &mut UpstreamRaw, builder: &Builder, line: &Line<'_>) -> Done {
    fill(&mut upstream.ssl_crl, || ssl::file_or_none(builder, line))
}

fn ssl_certificate(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    pem(&mut upstream.ssl_certificate, builder, line)
}

fn ssl_certificate_key(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    pem(&mut upstream.ssl_certificate_key, builder, line)
}

fn ssl_certificate_cache(
    upstream: &mut UpstreamRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Done {
    ssl::certificate_cache(&mut upstream.ssl_certificate_cache, builder, line)
}

/// An empty word takes back what an outer block has said.
fn pem(slot: &mut Option<Option<Pem>>, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(slot, || match &*line.words[1] {
        b"" => Ok(None),
        _ => ssl::pem(builder, line).map(Some),
    })
}

//! What the program says of itself: `-v`, `-V` and `-h`.
//!
//! Test suites and installers read `-V` with loose patterns. To them silence means that a default module
//! is there, so what is missing is declined by name. Nothing is claimed that does not work.

/// The release of nginx whose documentation this program follows.
pub const COMPATIBLE: &str = "1.31.4";

/// `peerage/0.1.0`, as in the `Server` field.
pub const NAME: &str = concat!("peerage/", env!("CARGO_PKG_VERSION"));

pub fn version() -> String {
    format!("peerage version: {NAME}\nnginx version: nginx/{COMPATIBLE} (compatible)\n")
}

pub fn details(default_file: &str) -> String {
    let mut text = version();
    text.push_str(&format!("configure arguments: --conf-path={default_file}"));
    for option in OPTIONAL {
        text.push_str(" --with-");
        text.push_str(option);
    }
    for module in ADDED.iter().chain(LUA) {
        text.push_str(" --add-module=");
        text.push_str(module);
    }
    for option in MISSING {
        text.push_str(" --without-");
        text.push_str(option);
    }
    text.push_str(&format!("\nnot built in: {}\n", not_built_in()));
    text
}

/// All that nginx can be built with and this program is not, for readers: tools look for the names above.
fn not_built_in() -> String {
    let module = |name: &'static str| {
        let name = name.strip_prefix("http_").unwrap_or(name);
        name.strip_suffix("_module").unwrap_or(name)
    };
    let defaults = MISSING.iter().map(|name| module(name));
    NOT_OFFERED.iter().copied().chain(defaults).collect::<Vec<_>>().join(", ")
}

pub fn help() -> String {
    "\
Usage: peerage [-?hvVtTq] [-s signal] [-p prefix]
               [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : print this and exit
  -v            : print the version and exit
  -V            : print the version and what is built in, and exit
  -t            : test the configuration and exit
  -T            : test the configuration, print its files, and exit
  -q            : with -t, say nothing unless something is wrong
  -s signal     : tell the running program: stop, quit, reopen, reload
  -p prefix     : where relative paths begin (default: the working directory)
  -e filename   : error log until the configuration names one (default: logs/error.log)
  -c filename   : configuration file (default: conf/nginx.conf)
  -g directives : directives put before the configuration file

"
    .to_owned()
}

/// Modules that nginx has when asked for, and this program has.
#[rustfmt::skip]
const OPTIONAL: &[&str] = &[
    "http_stub_status_module", "http_gunzip_module", "http_gzip_static_module", "http_auth_request_module",
    "http_addition_module", "http_dav_module", "http_ssl_module", "http_realip_module", "http_v2_module",
    "http_random_index_module", "http_secure_link_module", "http_sub_module", "http_flv_module",
    "http_mp4_module", "http_slice_module",
];

/// Modules of other projects that this program has.
const ADDED: &[&str] = &[
    "headers-more-nginx-module",
    "ngx_brotli",
    "ngx_cache_purge",
    "ngx_devel_kit",
    "set-misc-nginx-module",
];

const LUA: &[&str] = if cfg!(feature = "lua") { &["lua-nginx-module"] } else { &[] };

/// Modules that nginx has by default and this program not, or not whole.
#[rustfmt::skip]
const MISSING: &[&str] = &[
    "http_grpc_module", "http_tunnel_module",
];

/// What nginx has when asked for, and this program not, without `http_` and `_module`.
#[rustfmt::skip]
const NOT_OFFERED: &[&str] = &[
    "v3", "xslt", "image_filter", "geoip", "perl", "degradation", "stream", "mail",
];

#[cfg(test)]
mod tests {
    #[test]
    fn all_that_is_missing_is_in_a_line_of_plain_words() {
        let text = super::details("conf/nginx.conf");
        let (_, line) = text.split_once("\nnot built in: ").unwrap();
        let words: Vec<&str> = line.trim_end().split(", ").collect();
        for word in ["v3", "grpc", "stream", "xslt"] {
            assert!(words.contains(&word), "{word}: {line}");
        }
        for has in ["proxy", "fastcgi", "uwsgi", "memcached", "gzip", "limit_req"] {
            assert!(!words.contains(&has), "{has}: {line}");
        }
        // A tool that looks for a module finds it where it is declined.
        assert!(!line.contains("_module") && words.iter().all(|it| !it.contains(' ')), "{line}");
        for has in super::OPTIONAL {
            assert!(words.iter().all(|word| !has.ends_with(&format!("http_{word}_module"))));
        }
    }

    #[test]
    fn tools_find_the_version_and_what_is_missing() {
        let text = super::details("conf/nginx.conf");
        assert!(text.starts_with("peerage version: peerage/"));
        assert!(text.contains("\nnginx version: nginx/1."));
        assert!(text.contains("\nconfigure arguments: "));
        assert!(text.contains(" --without-http_grpc_module "));
        assert!(text.contains(" --with-http_stub_status_module "));
        assert!(!text.contains("=dynamic"));
    }
}

//! Modules that `load_module` may name: those that are built in, and the directives of those that are not.

use crate::conf::directive::{Line, Places, text};

/// Modules that nginx loads from files, and that are built in here.
const BUILT_IN: &[&str] = &[
    "ndk_http_module",
    "ngx_http_brotli_filter_module",
    "ngx_http_brotli_static_module",
    "ngx_http_cache_purge_module",
    "ngx_http_headers_more_filter_module",
    "ngx_http_set_misc_module",
];

/// Modules that are not here, and their directives, separated by spaces; `*` at the end of one stands for any end.
#[rustfmt::skip]
static MISSING: &[(&str, &str)] = &[
    ("ngx_stream_module", "stream"),
    ("ngx_mail_module", "mail"),
    ("ngx_http_dav_ext_module", "dav_ext_*"),
    ("nginx's commercial mp4 module", "mp4_limit_rate mp4_limit_rate_after"),
    ("ngx_http_grpc_module", "grpc_*"),
    ("ngx_http_tunnel_module", "tunnel_*"),
    ("ngx_http_geoip_module", "geoip_*"),
    ("ngx_http_geoip2_module", "geoip2 geoip2_*"),
    ("ngx_http_image_filter_module", "image_filter image_filter_*"),
    ("ngx_http_perl_module", "perl perl_*"),
    ("ngx_http_xslt_filter_module", "xml_entities xslt_*"),
    ("ngx_http_js_module", "js_*"),
    ("ngx_http_auth_jwt_module", "auth_jwt auth_jwt_*"),
    ("ngx_http_auth_oidc_module", "auth_oidc auth_oidc_* oidc_provider"),
    ("ngx_http_acme_module", "acme_*"),
    ("ngx_http_auth_pam_module", "auth_pam auth_pam_*"),
    ("ngx_http_auth_ldap_module", "auth_ldap auth_ldap_*"),
    ("ngx_http_auth_spnego_module", "auth_gss auth_gss_*"),
    ("ngx_http_zstd_filter_module", "zstd zstd_buffers zstd_comp_level zstd_dict_file zstd_min_length zstd_types"),
    ("ngx_http_zstd_static_module", "zstd_static"),
    ("ngx_http_echo_module", "echo echo_*"),
    ("ngx_http_fancyindex_module", "fancyindex fancyindex_*"),
    ("ngx_http_lua_module", "ssl_certificate_by_lua* \
        ssl_client_hello_by_lua*"),
    ("ngx_http_modsecurity_module", "modsecurity modsecurity_*"),
    ("ngx_http_naxsi_module", "BasicRule MainRule CheckRule DeniedUrl LearningMode SecRulesEnabled SecRulesDisabled"),
    ("ngx_nchan_module", "nchan_*"),
    ("ngx_pagespeed", "pagespeed"),
    ("ngx_http_passenger_module", "passenger_*"),
    ("ngx_http_push_stream_module", "push_stream_*"),
    ("ngx_rtmp_module", "rtmp rtmp_*"),
    ("ngx_http_subs_filter_module", "subs_filter subs_filter_*"),
    ("ngx_http_upload_progress_module", "upload_progress upload_progress_* report_uploads track_uploads"),
    ("ngx_http_upstream_fair_module", "fair upstream_fair_*"),
    ("ngx_http_vhost_traffic_status_module", "vhost_traffic_status vhost_traffic_status_*"),
];

/// Directives that are not here and whose `off` is what holds without them.
#[rustfmt::skip]
static OFF: &[&str] = &[
    "auth_jwt", "auth_oidc", "auth_pam", "dav_ext_methods",
    "fancyindex", "grpc_intercept_errors", "image_filter", "modsecurity", "pagespeed",
    "passenger_enabled", "vhost_traffic_status", "zstd", "zstd_static",
];

/// The module in a file: its name without folders and `.so`.
pub fn of_file(file: &[u8]) -> &[u8] {
    let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or(file);
    name.strip_suffix(b".so").unwrap_or(name)
}

pub fn is_built_in(module: &[u8]) -> bool {
    cfg!(feature = "lua") && module == b"ngx_http_lua_module"
        || BUILT_IN.iter().any(|known| known.as_bytes() == module)
}

/// The module that has the directive, if it is known and not here.
pub fn missing(directive: &str) -> Option<&'static str> {
    let is_meant = |known: &str| match known.strip_suffix('*') {
        Some(start) => directive.starts_with(start),
        None => directive == known,
    };
    let has = |names: &str| names.split_whitespace().any(is_meant);
    MISSING.iter().find(|(_, names)| has(names)).map(|&(module, _)| module)
}

/// The line says `off` of what is off anyway, as its module is not here.
pub fn is_off(place: Places, line: &Line<'_>) -> bool {
    const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
    let [name, value] = line.words else { return false };
    HERE.allows(place) && **value == *b"off" && OFF.contains(&&*text(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::directives;

    #[test]
    fn names() {
        assert_eq!(of_file(b"/usr/lib/nginx/modules/ngx_mail_module.so"), b"ngx_mail_module");
        assert_eq!(of_file(b"ngx_mail_module"), b"ngx_mail_module");
        assert_eq!(missing("echo_sleep"), Some("ngx_http_echo_module"));
        assert_eq!(missing("ssl_certificate_by_lua_block"), Some("ngx_http_lua_module"));
        assert_eq!(missing("mailbox"), None);
    }

    /// A row of what has been built since is to go.
    #[test]
    fn what_is_missing_is_not_there() {
        let location = directives::LOCATION.iter().flat_map(|rows| rows.iter()).map(|row| row.name);
        let server = directives::SERVER.iter().flat_map(|rows| rows.iter()).map(|row| row.name);
        for name in location.chain(server) {
            assert!(missing(name).is_none(), "MISSING has {name}");
            assert!(!OFF.contains(&name), "OFF has {name}");
        }
    }
}

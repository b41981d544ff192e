//! Variables and the strings that contain them. Names are bound when the configuration is read, so
//! a request meets a variant, never a name. What they come to is `serve/eval.rs`.

use crate::base::regex::Regex;

/// Where a request keeps the value of a variable that the configuration made (`set`, `map`, a named capture).
pub type Slot = u32;

/// A string with variables in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Template {
    pub parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    Text(Box<[u8]>),
    Var(Var),
}

impl Template {
    pub fn text(text: &[u8]) -> Self {
        let parts = if text.is_empty() { vec![] } else { vec![Part::Text(text.into())] };
        Self { parts }
    }

    pub fn var(var: Var) -> Self {
        Self { parts: vec![Part::Var(var)] }
    }

    /// The whole string, if no variable is in it.
    pub fn as_text(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(b""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Certainly the empty string.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// A regular expression whose named groups are variables.
#[derive(Debug)]
pub struct Pattern {
    pub regex: Regex,
    /// After a match: slot ← group.
    pub named: Vec<(Slot, usize)>,
}

/// What `$ssl_client_…` shows of a client's certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientCertificate {
    /// In PEM, lines that follow begin with a tab.
    Cert,
    /// In PEM, escaped as a part of a URI.
    EscapedCert,
    /// In PEM.
    RawCert,
    Fingerprint,
    Subject,
    SubjectLegacy,
    Issuer,
    IssuerLegacy,
    Serial,
    SignatureAlgorithm,
    Start,
    End,
    Remain,
    Verify,
}

/// A variable. Names of fields (`$http_NAME`, …) are lower case with `_` for `-`, as they stood in the file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Var {
    /// `set $x` and named captures: whatever the request's slot holds; empty before.
    Set(Slot),
    /// Index into `Http::maps`. The request may keep the value in the map's slot, unless it is volatile.
    Map(u32),
    /// The same of `Http::geos` and `Http::splits`.
    Geo(u32),
    Split(u32),
    /// `$1` … `$9` of the last regular expression that matched.
    Capture(u8),

    Arg(Box<str>),
    Cookie(Box<str>),
    Http(Box<str>),
    SentHttp(Box<str>),
    SentTrailer(Box<str>),
    UpstreamHttp(Box<str>),
    UpstreamTrailer(Box<str>),
    UpstreamCookie(Box<str>),
    ProxyProtocolTlv(Box<str>),

    AncientBrowser,
    /// Also `$query_string`.
    Args,
    BinaryRemoteAddr,
    BodyBytesSent,
    BytesSent,
    Connection,
    ConnectionRequests,
    ConnectionTime,
    ConnectionsActive,
    ConnectionsReading,
    ConnectionsWaiting,
    ConnectionsWriting,
    ContentLength,
    ContentType,
    DateGmt,
    DateLocal,
    DocumentRoot,
    FastCgiPathInfo,
    FastCgiScriptName,
    GzipRatio,
    BrotliRatio,
    Host,
    Hostname,
    Http2,
    Https,
    InvalidReferer,
    IsArgs,
    IsRequestPort,
    LimitConnStatus,
    LimitRate,
    LimitReqStatus,
    ModernBrowser,
    Msec,
    Msie,
    NginxVersion,
    OtelParentId,
    OtelParentSampled,
    OtelSpanId,
    OtelTraceId,
    Pid,
    Pipe,
    ProxyAddXForwardedFor,
    ProxyHost,
    ProxyPort,
    ProxyProtocolAddr,
    ProxyProtocolPort,
    ProxyProtocolServerAddr,
    ProxyProtocolServerPort,
    RealipRemoteAddr,
    RealipRemotePort,
    RealpathRoot,
    RemoteAddr,
    RemotePort,
    RemoteUser,
    Request,
    RequestBody,
    RequestBodyFile,
    RequestCompletion,
    RequestFilename,
    RequestId,
    RequestLength,
    RequestMethod,
    RequestPort,
    RequestTime,
    RequestUri,
    Scheme,
    SecureLink,
    SecureLinkExpires,
    SliceRange,
    ServerAddr,
    ServerName,
    ServerPort,
    ServerProtocol,
    SslAlpnProtocol,
    SslCipher,
    SslCiphers,
    SslClient(ClientCertificate),
    SslCurve,
    SslCurves,
    /// What rustls does not show, or does not have.
    SslUnknown,
    SslProtocol,
    SslServerName,
    SslEarlyData,
    SslSessionReused,
    Status,
    TcpinfoRcvSpace,
    TcpinfoRtt,
    TcpinfoRttvar,
    TcpinfoSndCwnd,
    TimeIso8601,
    TimeIso8601Ms,
    TimeLocal,
    UidGot,
    UidSet,
    UpstreamAddr,
    UpstreamBytesReceived,
    UpstreamBytesSent,
    UpstreamCacheEtag,
    UpstreamCacheKey,
    UpstreamCacheLastModified,
    UpstreamCacheStatus,
    UpstreamConnectTime,
    UpstreamLastAddr,
    UpstreamLastServerName,
    UpstreamPool,
    UpstreamPoolKept,
    UpstreamQueueTime,
    UpstreamHeaderTime,
    UpstreamResponseLength,
    UpstreamResponseTime,
    UpstreamStatus,
    /// The decoded uri; also `$document_uri`.
    Uri,
}

impl Var {
    /// Whether it asks what a response's head said.
    pub fn asks_response(&self) -> bool {
        matches!(
            self,
            Self::SentHttp(_)
                | Self::SentTrailer(_)
                | Self::UpstreamHttp(_)
                | Self::UpstreamTrailer(_)
                | Self::UpstreamCookie(_)
        )
    }
}

/// A variable without a parameter, by its name.
pub fn builtin(name: &str) -> Option<Var> {
    let row = BUILTIN.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(BUILTIN[row].1.clone())
}

/// A variable whose name ends in a parameter: `$http_NAME` and its kind.
pub fn prefixed(name: &str) -> Option<Var> {
    PREFIXED.iter().find_map(|(prefix, make)| {
        let rest = name.strip_prefix(prefix)?;
        Some(make(rest.into()))
    })
}

type Make = fn(Box<str>) -> Var;
static PREFIXED: &[(&str, Make)] = &[
    ("arg_", Var::Arg),
    ("cookie_", Var::Cookie),
    ("http_", Var::Http),
    ("proxy_protocol_tlv_", Var::ProxyProtocolTlv),
    ("sent_http_", Var::SentHttp),
    ("sent_trailer_", Var::SentTrailer),
    ("upstream_cookie_", Var::UpstreamCookie),
    ("upstream_http_", Var::UpstreamHttp),
    ("upstream_trailer_", Var::UpstreamTrailer),
];

/// Sorted by name.
static BUILTIN: &[(&str, Var)] = &[
    ("ancient_browser", Var::AncientBrowser),
    ("args", Var::Args),
    ("binary_remote_addr", Var::BinaryRemoteAddr),
    ("body_bytes_sent", Var::BodyBytesSent),
    ("brotli_ratio", Var::BrotliRatio),
    ("bytes_sent", Var::BytesSent),
    ("connection", Var::Connection),
    ("connection_requests", Var::ConnectionRequests),
    ("connection_time", Var::ConnectionTime),
    ("connections_active", Var::ConnectionsActive),
    ("connections_reading", Var::ConnectionsReading),
    ("connections_waiting", Var::ConnectionsWaiting),
    ("connections_writing", Var::ConnectionsWriting),
    ("content_length", Var::ContentLength),
    ("content_type", Var::ContentType),
    ("date_gmt", Var::DateGmt),
    ("date_local", Var::DateLocal),
    ("document_root", Var::DocumentRoot),
    ("document_uri", Var::Uri),
    ("fastcgi_path_info", Var::FastCgiPathInfo),
    ("fastcgi_script_name", Var::FastCgiScriptName),
    ("gzip_ratio", Var::GzipRatio),
    ("host", Var::Host),
    ("hostname", Var::Hostname),
    // Empty: there are no such connections. The documentation of `early_hints` asks for both.
    ("http2", Var::Http2),
    ("http3", Var::Http2),
    ("https", Var::Https),
    ("invalid_referer", Var::InvalidReferer),
    ("is_args", Var::IsArgs),
    ("is_request_port", Var::IsRequestPort),
    ("limit_conn_status", Var::LimitConnStatus),
    ("limit_rate", Var::LimitRate),
    ("limit_req_status", Var::LimitReqStatus),
    ("modern_browser", Var::ModernBrowser),
    ("msec", Var::Msec),
    ("msie", Var::Msie),
    ("nginx_version", Var::NginxVersion),
    ("otel_parent_id", Var::OtelParentId),
    ("otel_parent_sampled", Var::OtelParentSampled),
    ("otel_span_id", Var::OtelSpanId),
    ("otel_trace_id", Var::OtelTraceId),
    ("pid", Var::Pid),
    ("pipe", Var::Pipe),
    ("proxy_add_x_forwarded_for", Var::ProxyAddXForwardedFor),
    ("proxy_host", Var::ProxyHost),
    ("proxy_port", Var::ProxyPort),
    ("proxy_protocol_addr", Var::ProxyProtocolAddr),
    ("proxy_protocol_port", Var::ProxyProtocolPort),
    ("proxy_protocol_server_addr", Var::ProxyProtocolServerAddr),
    ("proxy_protocol_server_port", Var::ProxyProtocolServerPort),
    ("query_string", Var::Args),
    ("realip_remote_addr", Var::RealipRemoteAddr),
    ("realip_remote_port", Var::RealipRemotePort),
    ("realpath_root", Var::RealpathRoot),
    ("remote_addr", Var::RemoteAddr),
    ("remote_port", Var::RemotePort),
    ("remote_user", Var::RemoteUser),
    ("request", Var::Request),
    ("request_body", Var::RequestBody),
    ("request_body_file", Var::RequestBodyFile),
    ("request_completion", Var::RequestCompletion),
    ("request_filename", Var::RequestFilename),
    ("request_id", Var::RequestId),
    ("request_length", Var::RequestLength),
    ("request_method", Var::RequestMethod),
    ("request_port", Var::RequestPort),
    ("request_time", Var::RequestTime),
    ("request_uri", Var::RequestUri),
    ("scheme", Var::Scheme),
    ("secure_link", Var::SecureLink),
    ("secure_link_expires", Var::SecureLinkExpires),
    ("server_addr", Var::ServerAddr),
    ("server_name", Var::ServerName),
    ("server_port", Var::ServerPort),
    ("server_protocol", Var::ServerProtocol),
    ("slice_range", Var::SliceRange),
    ("ssl_alpn_protocol", Var::SslAlpnProtocol),
    ("ssl_cipher", Var::SslCipher),
    ("ssl_ciphers", Var::SslCiphers),
    ("ssl_client_cert", Var::SslClient(ClientCertificate::Cert)),
    ("ssl_client_escaped_cert", Var::SslClient(ClientCertificate::EscapedCert)),
    ("ssl_client_fingerprint", Var::SslClient(ClientCertificate::Fingerprint)),
    ("ssl_client_i_dn", Var::SslClient(ClientCertificate::Issuer)),
    ("ssl_client_i_dn_legacy", Var::SslClient(ClientCertificate::IssuerLegacy)),
    ("ssl_client_raw_cert", Var::SslClient(ClientCertificate::RawCert)),
    ("ssl_client_s_dn", Var::SslClient(ClientCertificate::Subject)),
    ("ssl_client_s_dn_legacy", Var::SslClient(ClientCertificate::SubjectLegacy)),
    ("ssl_client_serial", Var::SslClient(ClientCertificate::Serial)),
    ("ssl_client_sigalg", Var::SslClient(ClientCertificate::SignatureAlgorithm)),
    ("ssl_client_v_end", Var::SslClient(ClientCertificate::End)),
    ("ssl_client_v_remain", Var::SslClient(ClientCertificate::Remain)),
    ("ssl_client_v_start", Var::SslClient(ClientCertificate::Start)),
    ("ssl_client_verify", Var::SslClient(ClientCertificate::Verify)),
    ("ssl_curve", Var::SslCurve),
    ("ssl_curves", Var::SslCurves),
    ("ssl_early_data", Var::SslEarlyData),
    ("ssl_ech_outer_server_name", Var::SslUnknown),
    ("ssl_ech_status", Var::SslUnknown),
    ("ssl_protocol", Var::SslProtocol),
    ("ssl_server_name", Var::SslServerName),
    ("ssl_session_id", Var::SslUnknown),
    ("ssl_session_reused", Var::SslSessionReused),
    ("ssl_sigalg", Var::SslUnknown),
    ("status", Var::Status),
    ("tcpinfo_rcv_space", Var::TcpinfoRcvSpace),
    ("tcpinfo_rtt", Var::TcpinfoRtt),
    ("tcpinfo_rttvar", Var::TcpinfoRttvar),
    ("tcpinfo_snd_cwnd", Var::TcpinfoSndCwnd),
    ("time_iso8601", Var::TimeIso8601),
    ("time_iso8601_ms", Var::TimeIso8601Ms),
    ("time_local", Var::TimeLocal),
    ("uid_got", Var::UidGot),
    ("uid_set", Var::UidSet),
    ("upstream_addr", Var::UpstreamAddr),
    ("upstream_bytes_received", Var::UpstreamBytesReceived),
    ("upstream_bytes_sent", Var::UpstreamBytesSent),
    ("upstream_cache_etag", Var::UpstreamCacheEtag),
    ("upstream_cache_key", Var::UpstreamCacheKey),
    ("upstream_cache_last_modified", Var::UpstreamCacheLastModified),
    ("upstream_cache_status", Var::UpstreamCacheStatus),
    ("upstream_connect_time", Var::UpstreamConnectTime),
    ("upstream_header_time", Var::UpstreamHeaderTime),
    ("upstream_last_addr", Var::UpstreamLastAddr),
    ("upstream_last_server_name", Var::UpstreamLastServerName),
    ("upstream_pool", Var::UpstreamPool),
    ("upstream_pool_kept", Var::UpstreamPoolKept),
    ("upstream_queue_time", Var::UpstreamQueueTime),
    ("upstream_response_length", Var::UpstreamResponseLength),
    ("upstream_response_time", Var::UpstreamResponseTime),
    ("upstream_status", Var::UpstreamStatus),
    ("uri", Var::Uri),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bound() {
        assert!(BUILTIN.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(builtin("uri"), Some(Var::Uri));
        assert_eq!(builtin("nothing"), None);
        assert_eq!(prefixed("http_x_y"), Some(Var::Http("x_y".into())));
        assert_eq!(prefixed("sent_http_a"), Some(Var::SentHttp("a".into())));
    }
}

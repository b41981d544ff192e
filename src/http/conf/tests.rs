//! Facts about frozen settings.

use super::load::{Loaded, parse_text};
use super::*;
use crate::http::servers::{Beginning, SoKeepalive};
use crate::http::settings::core::{Lingering, Overwrite};
use crate::http::settings::log::Escape;
use crate::http::settings::main::{Level, LogTarget};
use crate::http::settings::proxy::{RedirectFrom, SetHeader};
use crate::http::settings::upstream_conf::{ProtocolIndex, Target};
use crate::http::slots::SetTarget;
use crate::http::vars::{Part, Template, Var};
use crate::upstream::failure::Failures;

fn http(text: &str) -> Http {
    parse_text(&format!("events {{}} http {{ {text} }}")).unwrap().conf.http
}

fn location<'a>(http: &'a Http, uri: &str) -> &'a Location {
    let found = http.find_location(ServerId(0), uri.as_bytes(), &mut Captures::default());
    &http.locations[found.unwrap().location.index()]
}

/// One location `/`, with these lines in it.
fn in_location(text: &str) -> Location {
    let mut http = http(&format!("server {{ location / {{ {text} }} }}"));
    http.locations.remove(0)
}

fn text(template: &Template) -> &str {
    std::str::from_utf8(template.as_text().unwrap()).unwrap()
}

fn headers(location: &Location) -> Vec<String> {
    let show = |SetHeader { name, value }: &SetHeader| {
        let value = match value.as_text() {
            Some(text) => String::from_utf8_lossy(text).into_owned(),
            None => format!("{:?}", value.parts),
        };
        format!("{}: {value}", String::from_utf8_lossy(name))
    };
    location.proxy.headers.set.iter().map(show).collect()
}

#[test]
fn main_level() {
    let conf =
        parse_text("error_log stderr info; error_log e.log; env A; env B=C; user u; events {}");
    let main = conf.unwrap().conf.main;
    assert_eq!(main.error_log[0].target, LogTarget::Stderr);
    assert_eq!(main.error_log[0].level, Level::Info);
    assert_eq!(main.error_log[1].target, LogTarget::File("/prefix/e.log".into()));
    assert_eq!(main.pid.to_str(), Some("/prefix/logs/nginx.pid"));
    assert_eq!(main.env[1].value.as_deref(), Some("C"));
    assert_eq!(main.user.unwrap().group, "u");
    assert_eq!((main.worker_processes, main.worker_connections), (1, 512));
}

#[test]
fn inheritance() {
    let http = http(
        "server { location /a { send_timeout 3; location /a/b { } } }
         send_timeout 1m; proxy_read_timeout 5ms; client_header_timeout 7s;
         add_header A 1; access_log off; root r; error_log h.log;
         server { send_timeout 2; client_header_timeout 8s; add_header B 2; access_log s.log; }",
    );
    assert_eq!(location(&http, "/a/b").core.send_timeout, 3000);
    assert_eq!(location(&http, "/a/b").upstream.read_timeout, 5);
    assert_eq!(location(&http, "/").core.send_timeout, 60_000);
    assert_eq!(text(&location(&http, "/a").core.root.path), "/prefix/r");
    assert_eq!(http.servers[0].core.client_header_timeout, 7000);
    assert_eq!(http.servers[1].core.client_header_timeout, 8000);
    assert!(location(&http, "/a").log.access.is_empty());
    let second = &http.locations[http.servers[1].root.index()];
    assert_eq!(text(&second.log.access[0].path), "/prefix/s.log");
    assert_eq!(second.headers.add.len(), 1);
    assert_eq!(&*second.headers.add[0].name, b"B");
    assert_eq!(second.core.error_log.len(), 1);
}

#[test]
fn defaults() {
    let location = in_location("");
    assert_eq!(text(&location.core.root.path), "/prefix/html");
    assert_eq!(text(&location.core.index[0]), "index.html");
    assert_eq!(location.core.keepalive_timeout, 75_000);
    assert_eq!(location.core.lingering_close, Lingering::On);
    assert_eq!(text(&location.log.access[0].path), "/prefix/logs/access.log");
    assert_eq!(location.upstream.next_upstream, Failures::ERROR | Failures::TIMEOUT);
    assert_eq!(location.content, Content::Static);
    let http = http("server { }");
    assert_eq!(http.listens[0].addr.to_string(), "0.0.0.0:80");
    assert_eq!(http.servers[0].core.max_headers, 1000);
}

#[test]
fn request_headers() {
    let plain = in_location("proxy_pass http://127.0.0.1:81;");
    assert_eq!(headers(&plain), ["Host: [Var(ProxyHost)]"]);
    for name in ["host", "Connection", "UPGRADE", "te", "Content-Length", "keep-alive"] {
        assert!(plain.proxy.headers.drop.contains(name.as_bytes()), "{name}");
    }
    assert!(!plain.proxy.headers.drop.contains(b"Cookie"));
    assert!(plain.proxy.headers.length.is_none());
    let old = in_location("proxy_http_version 1.0;");
    assert_eq!(headers(&old), ["Host: [Var(ProxyHost)]", "Connection: close"]);
    let set = in_location(
        "proxy_set_header host $host; proxy_set_header Connection $http_connection;
         proxy_set_header X-A b; proxy_set_header Cookie ''; proxy_set_header Content-Length '';",
    );
    assert_eq!(
        headers(&set),
        ["host: [Var(Host)]", "Connection: [Var(Http(\"connection\"))]", "X-A: b"]
    );
    assert!(set.proxy.headers.drop.contains(b"cookie"));
    assert!(set.proxy.headers.length.as_ref().is_some_and(Template::is_empty));
    let http = http(
        "proxy_set_header A 1; server { location /a { proxy_set_header B 2; } location /b { } }",
    );
    assert_eq!(headers(location(&http, "/a"))[0], "B: 2");
    assert_eq!(headers(location(&http, "/b"))[0], "A: 1");
}

#[test]
fn hidden_headers() {
    let location = in_location("proxy_hide_header X-B; proxy_pass_header server;");
    let hidden = &location.upstream.hidden;
    assert!(hidden.contains(b"x-b") && hidden.contains(b"Date"));
    assert!(!hidden.contains(b"Server"));
}

#[test]
fn proxy_pass() {
    let pass = |url: &str| {
        let pass = in_location(&format!("proxy_pass {url};")).pass.unwrap();
        let show = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        (show(&pass.host), show(&pass.port), pass.uri.as_deref().map(show))
    };
    let is = |host: &str, port: &str, uri: Option<&str>| {
        (host.to_owned(), port.to_owned(), uri.map(str::to_owned))
    };
    assert_eq!(pass("http://127.0.0.1"), is("127.0.0.1", "80", None));
    assert_eq!(pass("http://127.0.0.1:80/"), is("127.0.0.1", "80", Some("/")));
    assert_eq!(pass("HTTP://127.0.0.1:81/a?b"), is("127.0.0.1:81", "81", Some("/a?b")));
    assert_eq!(pass("http://127.0.0.1?b"), is("127.0.0.1", "80", Some("/?b")));
    assert_eq!(pass("http://[::1]:81"), is("[::1]:81", "81", None));
    assert_eq!(pass("http://unix:/s:/u"), is("localhost", "", Some("/u")));
    assert_eq!(pass("http://unix:/s"), is("localhost", "", None));
}

#[test]
fn groups() {
    let http = http(
        "server {
             location /a { proxy_pass http://one/; } location /b { proxy_pass http://ONE; }
             location /c { proxy_pass http://127.0.0.1:81; }
             location /d { proxy_pass http://127.0.0.1:81/x; }
             location /e { proxy_pass http://127.0.0.1; }
             location /f { proxy_pass http://127.0.0.1:80; }
             location /g { proxy_pass http://$host; }
         }
         upstream one {
             server 127.0.0.2:8080 weight=3 max_fails=0 fail_timeout=1m max_conns=5;
             server unix:/s backup; server 127.0.0.3 down; keepalive 7; keepalive_timeout 5s;
         }",
    );
    let target = |uri: &str| match location(&http, uri).pass.as_ref().unwrap().target {
        Target::Group(group) => Some(group),
        Target::Variable(_) => None,
    };
    assert_eq!(target("/a"), target("/b"));
    assert_eq!(target("/c"), target("/d"));
    assert_eq!(target("/e"), target("/f"));
    assert_ne!(target("/c"), target("/e"));
    assert_eq!(target("/g"), None);
    assert_eq!(http.groups.len(), 3);
    assert_eq!(http.find_group(b"One", None, Some(80)), target("/a"));
    assert_eq!(http.find_group(b"one", Some(80), Some(80)), None);
    assert_eq!(http.find_group(b"127.0.0.1", None, Some(80)), target("/e"));
    assert_eq!(http.find_group(b"127.0.0.1", Some(81), Some(80)), target("/c"));
    let one = &http.groups[target("/a").unwrap().0 as usize];
    assert!(one.explicit && one.options.keepalive == Some(7));
    assert_eq!(one.options.keepalive_timeout, 5000);
    let first = &one.servers[0];
    assert_eq!(
        (first.weight, first.max_fails, first.fail_timeout, first.max_conns),
        (3, 0, 60_000, 5)
    );
    assert_eq!(first.addrs[0].to_string(), "127.0.0.2:8080");
    assert!(one.servers[1].backup && one.servers[2].down);
    assert_eq!(one.servers[2].addrs[0].to_string(), "127.0.0.3:80");
}

#[test]
fn redirects() {
    let rules = |text: &str| -> Vec<String> {
        let http = http(&format!("server {{ location /l/ {{ {text} }} }}"));
        let show = |redirect: &crate::http::settings::proxy::Redirect| match &redirect.from {
            RedirectFrom::Prefix(from) => {
                let from = String::from_utf8_lossy(from.as_text().unwrap()).into_owned();
                format!("{from} > {}", String::from_utf8_lossy(redirect.to.as_text().unwrap()))
            }
            RedirectFrom::Regex(pattern) => format!("~{}", pattern.regex.as_str()),
        };
        location(&http, "/l/").proxy.redirects.iter().map(show).collect()
    };
    assert_eq!(rules("proxy_pass http://127.0.0.1:81/u/;"), ["http://127.0.0.1:81/u/ > /l/"]);
    assert_eq!(rules("proxy_pass http://127.0.0.1:81;"), ["http://127.0.0.1:81/ > /"]);
    assert_eq!(rules("proxy_pass http://127.0.0.1:81; proxy_redirect off;"), [""; 0]);
    assert_eq!(rules("proxy_pass http://$host;"), [""; 0]);
    assert_eq!(
        rules("proxy_pass http://127.0.0.1; proxy_redirect default; proxy_redirect ~x y;"),
        ["http://127.0.0.1/ > /", "~x"]
    );
}

#[test]
fn listening() {
    let http = http(
        "server { listen 81; listen 127.0.0.1:81; listen [::]:81 ipv6only=off; server_name A *.b; }
         server { listen *:81 default_server backlog=9 so_keepalive=30m::10; server_name c ~^x(.)$; }
         server { listen unix:/s reuseport; }",
    );
    let addrs: Vec<_> = http.listens.iter().map(|listen| listen.addr.to_string()).collect();
    assert_eq!(addrs, ["0.0.0.0:81", "127.0.0.1:81", "[::]:81", "unix:/s"]);
    let all = &http.listens[0];
    assert_eq!((all.default_server, all.options.backlog), (ServerId(1), 9));
    let keepalive = SoKeepalive::On { idle: Some(1_800_000), interval: None, count: Some(10) };
    assert_eq!(all.options.so_keepalive, keepalive);
    assert_eq!(http.listens[1].via, Some(ListenIndex(0)));
    assert_eq!(all.locals, [("127.0.0.1".parse().unwrap(), ListenIndex(1))]);
    assert!(!http.listens[2].options.ipv6only && http.listens[3].options.reuseport);
    let mut captures = Captures::default();
    let mut find =
        |host: &str| all.find(all.default_server, host.as_bytes(), &mut captures).unwrap().server.0;
    assert_eq!(
        [find("a"), find("x.b"), find("c"), find("xy"), find("z"), find("")],
        [0, 0, 1, 1, 1, 1]
    );
    assert_eq!(&*http.servers[0].name, b"a");
}

#[test]
fn http2() {
    let loaded = |text: &str| parse_text(&format!("events {{}} http {{ {text} }}"));
    let it = loaded(
        "http2_recv_buffer_size 64k; http2_body_preread_size 1m; http3 on; quic_retry off;
         server { listen 1 http2; listen 2; http2_max_concurrent_streams 9; http2_push /a;
             location / { http2_chunk_size 16k; http2_push_preload on; } }
         server { listen 3 proxy_protocol; listen 2; server_name b; http2 on; http2_extended_connect off; }
         server { listen 4; http2 on; http2_idle_timeout 1s; http2_max_field_size 1k; }",
    );
    let Loaded { conf, remarks, .. } = it.unwrap();
    let begins = |at: usize| conf.http.listens[at].begins_with;
    // The default server of an address decides, or any of its lines.
    assert_eq!(
        [begins(0), begins(1), begins(2), begins(3)],
        [
            Beginning::HeadOrPreface,
            Beginning::Head,
            Beginning::ProxyHeader,
            Beginning::HeadOrPreface
        ]
    );
    let servers = &conf.http.servers;
    assert_eq!(servers[0].http2.max_concurrent_streams, 9);
    assert_eq!(servers[0].http2.body_preread_size, 1 << 20);
    assert!(!servers[0].http2.enable && servers[1].http2.enable);
    assert!(servers[0].http2.extended_connect && !servers[1].http2.extended_connect);
    assert_eq!(location(&conf.http, "/").core.http2_chunk_size, 16 << 10);
    let warned: Vec<&str> =
        remarks.warnings.iter().map(|it| it.split(" in nginx.conf").next().unwrap()).collect();
    let obsolete = |name: &str, other: &str| {
        format!("the \"{name}\" directive is obsolete, use the \"{other}\" directive instead")
    };
    assert_eq!(
        warned,
        [
            "the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead",
            "the \"http2_push\" directive is obsolete, ignored",
            "the \"http2_push_preload\" directive is obsolete, ignored",
            &obsolete("http2_idle_timeout", "keepalive_timeout"),
            &obsolete("http2_max_field_size", "large_client_header_buffers"),
        ]
    );
    assert_eq!(remarks.notes.len(), 2, "{:?}", remarks.notes);
    for (wrong, why) in [
        ("http2_chunk_size 0;", "the http2 chunk size cannot be zero"),
        ("http2_recv_buffer_size 16;", "the recv buffer size must be larger than 32"),
        ("http2_body_preread_size 3072m;", "the maximum body preread buffer size is 2147483647"),
        ("http2_streams_index_size 3;", "must be a power of two"),
        ("http2_pool_size 100;", "the pool size must be no less than 112"),
        ("http2 yes;", "it must be \"on\" or \"off\""),
        ("server { http2_recv_buffer_size 64k; }", "directive is not allowed here"),
        ("server { listen 1 quic; }", "the \"quic\" parameter requires ngx_http_v3_module"),
        ("http3 on; http3 on;", "directive is duplicate"),
    ] {
        let said = loaded(wrong).unwrap_err().to_string();
        assert!(said.contains(why), "{wrong}: {said}");
    }
}

#[test]
fn variables() {
    let http = http(
        "map $x $y { default a; ~^b(?<rest>.*) $rest; 'c d' $http_host; }
         server { set $X $y$1; set $http_own z; set $args q; return 200 '${http_own}$Y-$arg_a'; }",
    );
    let RewriteOp::Set { target: SetTarget::Slot(x), value } = &http.servers[0].rewrite[0] else {
        panic!();
    };
    assert_eq!(&*http.slots[*x as usize], b"x");
    assert_eq!(value.parts, [Part::Var(Var::Map(0)), Part::Var(Var::Capture(1))]);
    assert_eq!(http.maps[0].key, Template::var(Var::Set(*x)));
    let RewriteOp::Set { target: SetTarget::Slot(own), .. } = http.servers[0].rewrite[1] else {
        panic!();
    };
    let RewriteOp::Set { target: SetTarget::Args, .. } = http.servers[0].rewrite[2] else {
        panic!();
    };
    let RewriteOp::Return(answer) = &http.servers[0].rewrite[3] else {
        panic!();
    };
    assert_eq!(
        answer.text.as_ref().unwrap().parts,
        [
            Part::Var(Var::Set(own)),
            Part::Var(Var::Map(0)),
            Part::Text((*b"-").into()),
            Part::Var(Var::Arg("a".into()))
        ]
    );
    let mut captures = Captures::default();
    let map = &http.maps[0];
    assert_eq!(text(map.find(b"other", &mut captures).unwrap().value), "a");
    let found = map.find(b"bcd", &mut captures).unwrap();
    assert_eq!(captures.get(found.named[0].1), b"cd");
    assert_eq!(
        *map.find(b"C d", &mut captures).unwrap().value,
        Template::var(Var::Http("host".into()))
    );
}

#[test]
fn error_pages() {
    let http = http(
        "server {
             error_page 404 500 /e?x; error_page 502 =200 @n; error_page 503 = @none;
             error_page 403 http://x/$uri; error_page 494 /big;
             location @n { internal; }
         }",
    );
    let core = &http.locations[http.servers[0].root.index()].core;
    let page = |status| core.error_page_for(status).unwrap();
    assert_eq!((text(&page(500).page), &*page(500).args), ("/e", &b"x"[..]));
    assert_eq!(page(404).overwrite, Overwrite::Keep);
    assert_eq!(page(502).overwrite, Overwrite::Status(200));
    assert_eq!(page(502).named, http.find_named(ServerId(0), b"@n"));
    assert!(page(502).named.is_some() && page(503).named.is_none());
    assert_eq!(page(503).overwrite, Overwrite::Answer);
    assert_eq!(page(494).overwrite, Overwrite::Status(400));
    assert!(page(403).page.as_text().is_none());
    assert!(core.error_page_for(401).is_none());
}

#[test]
fn logs() {
    let http = http(
        "log_format j escape=json '$status ' $uri;
         server { access_log a.log j buffer=4k flush=1s if=$uri; access_log /b; access_log /$host.log j; }",
    );
    let logs = &http.locations[http.servers[0].root.index()].log.access;
    assert_eq!((logs[0].format, logs[0].buffer, logs[0].flush), (1, Some(4096), Some(1000)));
    assert!(logs[0].condition.is_some() && logs[1].format == 0);
    assert!(logs[2].path.as_text().is_none());
    assert_eq!(http.log_formats[1].escape, Escape::Json);
    assert_eq!(http.log_formats[1].template.parts.len(), 3);
    assert_eq!(&*http.log_formats[0].name, b"combined");
}

#[test]
fn logs_to_syslog_compressed_and_cached() {
    let conf = parse_text(
        "error_log syslog:server=127.0.0.1:5140,tag=t warn; events {}
         http {
             server {
                 access_log syslog:server=unix:/s combined; access_log a combined gzip;
                 open_log_file_cache max=9 valid=1m;
                 location /off { open_log_file_cache off; }
             }
         }",
    );
    let conf = conf.unwrap().conf;
    let LogTarget::Syslog(server) = &conf.main.error_log[0].target else { panic!() };
    assert_eq!((server.addr.port(), conf.main.error_log[0].level), (Some(5140), Level::Warn));
    let log = &conf.http.locations[conf.http.servers[0].root.index()].log;
    assert_eq!(log.access[0].syslog.as_ref().unwrap().addr.to_string(), "unix:/s");
    assert_eq!((log.access[1].buffer, log.access[1].gzip), (Some(65_536), Some(1)));
    let cache = log.file_cache.unwrap();
    assert_eq!((cache.max, cache.inactive, cache.min_uses, cache.valid), (9, 10_000, 1, 60_000));
    assert_eq!(location(&conf.http, "/off").log.file_cache, None);
}

#[test]
fn aliases_and_limits() {
    let http = http(
        "server {
             location /a/ { alias /x/; location /a/b { } }
             location ~ ^/r(.) { alias /y/$1; }
             location /l {
                 proxy_pass http://127.0.0.1; deny all;
                 limit_except GET { allow all; }
             }
         }",
    );
    assert_eq!(location(&http, "/a/b").core.root.replaces, Some(3));
    assert_eq!(location(&http, "/rx").core.root.replaces, None);
    let l = location(&http, "/l");
    let limit = l.limit_except.unwrap();
    assert!(limit.methods.contains(b"HEAD") && !limit.methods.contains(b"POST"));
    let inner = &http.locations[limit.location.index()];
    assert!(inner.access.rules[0].allow && !l.access.rules[0].allow);
    assert_eq!(
        (inner.content, inner.kind),
        (Content::Upstream(ProtocolIndex::Proxy), Kind::LimitExcept)
    );
}

#[test]
fn any_text_is_read_or_refused() {
    let words = [
        "events",
        "http",
        "server",
        "location",
        "{",
        "}",
        ";",
        " ",
        "/",
        "~",
        "=",
        "return",
        "200",
        "$x",
        "${",
        "map",
        "$uri",
        "proxy_pass",
        "http://u",
        "upstream",
        "u",
        "listen",
        "80",
        "\"",
        "set",
        "error_page",
        "404",
        "types",
        "\\",
        "#",
        "\n",
        "limit_except",
        "GET",
        "@n",
        "root",
    ];
    let mut state = 1u32;
    let mut pick = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % n
    };
    for _ in 0..20_000 {
        let mut text = String::from("events {} http { upstream u { server 127.0.0.1; } server {");
        for _ in 0..pick(12) {
            text.push_str(words[pick(words.len())]);
            if pick(3) > 0 {
                text.push(' ');
            }
        }
        if pick(2) == 0 {
            text.push_str("}}");
        }
        let _ = parse_text(&text);
    }
}

//! Steady traffic allocates nothing: the real worker on real sockets, under a counting allocator.
//!
//! Client and server are other threads of this process, of which nothing is counted.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use peerage::event::turn;
use peerage::handler;
use peerage::http::conf::ListenIndex;
use peerage::http::conf::load::parse_text;
use peerage::logs::access::AccessLogs;
use peerage::modules;
use peerage::os::addr::Addr;
use peerage::os::net::{Driver, ListenOptions, listen};
use peerage::serve::accept;
use peerage::shared::zone::Process;
use peerage::shared::zones::Zones;
use peerage::upstream::shared::state::SharedState;
use peerage::worker::{Exit, Owner, Worker, rest};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Requests before the count begins: every buffer has found its size by then.
const WARM_UP: usize = 300;
const COUNTED: usize = 1000;
/// Allocations that may be made in `COUNTED` requests: what happens once in a while, such as a list that grows.
const BOUND: u64 = 10;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// With `TRAP` in the environment: the next allocation shows where it was made.
static TRAP: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What this thread allocates is the worker's.
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    if !IS_WORKER.get() {
        return;
    }
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    if TRAP.swap(false, Ordering::Relaxed) {
        let trace = std::backtrace::Backtrace::force_capture();
        eprintln!("{trace}");
    }
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above; `at` came from `System`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One kind of traffic.
struct Case {
    name: &'static str,
    http: &'static str,
    location: &'static str,
    request: &'static str,
    response: &'static str,
    /// The last bytes of what the client gets.
    end: &'static str,
    protocol: Protocol,
}

/// What the server speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    /// The response of a case is the content of STDOUT.
    FastCgi,
    Https,
}

const PLAIN: Case = Case {
    name: "a request and its answer",
    http: "access_log off;",
    location: "proxy_pass http://back;",
    request: "GET /some/page?with=arguments HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\n\
              Accept: */*\r\n\r\n",
    response: "HTTP/1.1 200 OK\r\nServer: back\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\
               Content-Type: text/plain\r\nContent-Length: 14\r\n\r\nthe end of it\n",
    end: "the end of it\n",
    protocol: Protocol::Http,
};

const FASTCGI: Case = Case {
    name: "a FastCGI request and its answer",
    location: "fastcgi_pass back; fastcgi_keep_conn on; fastcgi_index index.php; \
               fastcgi_param SCRIPT_FILENAME /srv/app$fastcgi_script_name; \
               fastcgi_param HTTPS $https if_not_empty; \
               fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method; \
               fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length; \
               fastcgi_param REQUEST_URI $request_uri; fastcgi_param REMOTE_ADDR $remote_addr; \
               fastcgi_param SERVER_PORT $server_port; fastcgi_param GATEWAY_INTERFACE CGI/1.1;",
    response: "X-Powered-By: test\r\nContent-type: text/html; charset=UTF-8\r\n\r\nthe end of it\n",
    end: "0\r\n\r\n",
    protocol: Protocol::FastCgi,
    ..PLAIN
};

fn cases() -> Vec<Case> {
    vec![
        PLAIN,
        Case { name: "an access log", http: "access_log LOG;", ..PLAIN },
        Case {
            name: "an access log of many variables",
            http: "log_format all '$remote_addr $time_iso8601 $request_time $upstream_addr $upstream_status \
                   $upstream_response_time $upstream_connect_time $bytes_sent $request_length $host $uri $args \
                   $arg_with $http_user_agent $sent_http_content_type $upstream_http_server $connection \
                   $connection_requests $pipe $msec $request_id'; access_log LOG all;",
            ..PLAIN
        },
        Case {
            name: "a chunked answer",
            response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\n the\r\n0\r\n\r\n",
            end: "0\r\n\r\n",
            ..PLAIN
        },
        Case {
            name: "a small body",
            request: "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello=world",
            ..PLAIN
        },
        Case {
            name: "a small chunked body",
            request: "POST /form HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
                      5\r\nhello\r\n6\r\n=world\r\n0\r\n\r\n",
            ..PLAIN
        },
        Case {
            name: "a body that is passed on as it comes",
            location: "proxy_pass http://back; proxy_request_buffering off; proxy_buffering off;",
            request: "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello=world",
            ..PLAIN
        },
        Case {
            name: "set, map and fields of variables",
            http: "access_log off; map $arg_with $mapped { default none; arguments some; ~^x(.*) $1; }",
            location: "set $greeting \"hello $mapped\"; set $again $greeting$uri; proxy_pass http://back; \
                       proxy_set_header Host $http_host; proxy_set_header X-Greeting $again; \
                       proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
                       add_header X-Mapped $mapped; proxy_hide_header Server;",
            ..PLAIN
        },
        Case {
            name: "captures of a location, an if, a rewrite and a map",
            http: "access_log off; map $arg_with $mapped { default none; ~^(argu)(.*)$ $2$1; }",
            location: "location ~ ^/(s[a-z]*)/(p[a-z]*)$ { set $part $2; \
                       if ($http_accept ~ \"^(.)/(.)$\") { set $type $1$2; } rewrite ^/(.*)/(.*)$ /$2/$1 break; \
                       proxy_set_header X-Said \"$part $type $mapped\"; proxy_pass http://back; }",
            ..PLAIN
        },
        Case {
            name: "an answer without a server",
            location: "return 200 \"$arg_with $uri: the end of it\\n\";",
            ..PLAIN
        },
        Case {
            name: "a session that is known",
            http: "access_log off; upstream sticky { keepalive 4; keepalive_requests 100000; \
                   server SERVER; server SERVER; \
                   sticky learn create=$arg_with lookup=$arg_with zone=sessions:1m; }",
            location: "proxy_pass http://sticky;",
            ..PLAIN
        },
        Case {
            name: "limits",
            http: "access_log off; limit_req_zone $binary_remote_addr zone=a:64k rate=1000000r/s; \
                   limit_req_zone $uri$arg_with zone=b:64k rate=1000000r/s; \
                   limit_conn_zone $binary_remote_addr zone=c:64k; limit_conn_zone $host zone=d:64k;",
            location: "proxy_pass http://back; limit_req zone=a burst=900; \
                       limit_req zone=b burst=900 nodelay; limit_conn c 9; limit_conn d 9;",
            ..PLAIN
        },
        Case {
            name: "gzip",
            location: "proxy_pass http://back; gzip on; gzip_types *; gzip_min_length 1; gzip_vary on;",
            request: "GET /some/page HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n",
            end: "0\r\n\r\n",
            ..PLAIN
        },
        Case { name: "an error page", location: "return 404;", end: "</html>\r\n", ..PLAIN },
        Case {
            name: "a request to a server with TLS",
            location: "proxy_pass https://back; proxy_ssl_server_name on; proxy_ssl_name localhost;",
            protocol: Protocol::Https,
            ..PLAIN
        },
        FASTCGI,
        Case {
            name: "a FastCGI answer of known length",
            response: "Status: 404 Gone\r\nContent-Length: 14\r\n\r\nthe end of it\n",
            end: "the end of it\n",
            ..FASTCGI
        },
        Case {
            name: "a request that another decides about",
            location: "auth_request /auth; auth_request_set $by $upstream_http_server; \
                       proxy_set_header X-By $by; proxy_pass http://back; \
                       location = /auth { proxy_pass http://back; }",
            ..PLAIN
        },
        Case {
            name: "fields of one name for a FastCGI server",
            request: "GET /some/page?with=arguments HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\
                      Cookie: a=b\r\nAccept: */*\r\nX-Other: one\r\nX-Other: two\r\nCookie: c=d\r\n\r\n",
            ..FASTCGI
        },
        Case {
            name: "a small body for a FastCGI server",
            request: "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello=world",
            ..FASTCGI
        },
        Case {
            name: "a body that is passed on to a FastCGI server as it comes",
            location: "fastcgi_pass back; fastcgi_keep_conn on; fastcgi_request_buffering off; \
                       fastcgi_buffering off; fastcgi_param REQUEST_METHOD $request_method;",
            request: "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello=world",
            ..FASTCGI
        },
    ]
}

#[test]
fn steady_traffic_allocates_nothing() {
    let folder = std::env::temp_dir().join(format!("peerage-alloc-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the log");
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|case| {
            let made = run(case, &folder);
            let line = format!("{}: {made} allocations in {COUNTED} requests", case.name);
            println!("{line}");
            // rustls makes each record in memory of its own.
            let records = if case.protocol == Protocol::Https { 2 * COUNTED as u64 } else { 0 };
            (made > records + BOUND).then_some(line)
        })
        .collect();
    let _ = std::fs::remove_dir_all(&folder);
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// The allocations of a case's counted requests.
fn run(case: &Case, folder: &Path) -> u64 {
    let back = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = back.local_addr().expect("its address");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let front = free.expect("a free port");
    let log = folder.join("access.log").display().to_string();
    let conf = format!(
        "events {{ worker_connections 64; }}\nhttp {{ keepalive_requests 100000; {}\n\
         upstream back {{ server {server}; keepalive 4; keepalive_requests 100000; }}\n\
         server {{ listen {front}; location / {{ {} }} }} }}",
        case.http.replace("LOG", &log).replace("SERVER", &server.to_string()),
        case.location
    );
    let mut w = worker(&conf, front);
    let (request, end) = (case.request, case.end);
    // What the proxy passes on ends as the client's request did: in its body, or in the head's empty line. A body
    // that came in chunks is passed on with its length.
    let (asked, response) = match case.protocol {
        Protocol::Http if request.contains("POST") => (&b"=world"[..], case.response.into()),
        Protocol::Http | Protocol::Https => (&b"\r\n\r\n"[..], case.response.into()),
        Protocol::FastCgi => (END_OF_STDIN, records(case.response)),
    };
    let tls = (case.protocol == Protocol::Https).then(tls);
    thread::spawn(move || serve(&back, tls, asked, &response));
    let client = thread::spawn(move || ask(front, request, end));
    let all = (WARM_UP + COUNTED) as u64;
    IS_WORKER.set(true);
    while w.stats.requests < all || !w.channels.is_empty() {
        turn(&mut w);
    }
    IS_WORKER.set(false);
    w.exit = Exit::Now;
    client.join().expect("the client got its answers")
}

fn worker(conf: &str, front: SocketAddr) -> Worker {
    let loaded = parse_text(conf).unwrap_or_else(|e| panic!("{e}: {conf}"));
    let conf = Box::leak(Box::new(loaded.conf));
    let logs = AccessLogs::open(conf).expect("the log opens");
    let driver = Driver::epoll(64).expect("epoll");
    let mut w = Worker::new(conf, Box::leak(Box::new(modules::pipeline(conf))), driver, logs);
    SharedState::open(&conf.http.groups, false, 1, [1, 2]).expect("memory").join(&mut w.groups, 0);
    let (declared, former) = (conf.http.declared_zones(), Zones::default());
    w.zones = Zones::open(declared, &former, [1, 2], Process::own(0)).expect("memory");
    let options = ListenOptions { nodelay: true, ..ListenOptions::default() };
    let socket = listen(&Addr::Inet(front), &options).expect("the port is still free");
    let owner = Owner::Listener(ListenIndex(0));
    let id = w.event.add_level(socket, owner, handler!(accept::accept), handler!(rest));
    w.listeners.push(id.expect("a slot"));
    w
}

/// The empty record of STDIN.
const END_OF_STDIN: &[u8] = b"\x01\x05\0\x01\0\0\0\0";

/// STDOUT with this content, and END_REQUEST.
fn records(content: &str) -> Vec<u8> {
    let len = u8::try_from(content.len()).expect("a short response");
    let begin: &[u8] = &[1, 6, 0, 1, 0, len, 3, 0];
    [begin, content.as_bytes(), b"pad\x01\x03\0\x01\0\x08\0\0", &[0; 8]].concat()
}

/// Answers each request, known by its last bytes.
fn serve(listener: &TcpListener, tls: Option<Arc<ServerConfig>>, end: &[u8], response: &[u8]) {
    while let Ok((mut socket, _)) = listener.accept() {
        let _ = socket.set_nodelay(true);
        match &tls {
            None => answer(&mut socket, end, response),
            Some(config) => {
                let connection = ServerConnection::new(config.clone()).expect("a connection");
                answer(&mut StreamOwned::new(connection, socket), end, response);
            }
        }
    }
}

fn answer(socket: &mut (impl Read + Write), end: &[u8], response: &[u8]) {
    let mut buffer = [0; 8192];
    while read_until(socket, &mut buffer, end) {
        if socket.write_all(response).and_then(|()| socket.flush()).is_err() {
            break;
        }
    }
}

/// What a server with TLS has.
fn tls() -> Arc<ServerConfig> {
    let path = |end| format!("{}/t/tls/localhost.{end}", env!("CARGO_MANIFEST_DIR"));
    let certificate = CertificateDer::from_pem_file(path("crt")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(path("key")).expect("its key");
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate], key).expect("a pair"))
}

/// Asks `WARM_UP` times, then `COUNTED` times, and tells what was allocated during the latter.
fn ask(front: SocketAddr, request: &'static str, end: &'static str) -> u64 {
    let mut socket = TcpStream::connect(front).expect("the worker listens");
    socket.set_nodelay(true).expect("a TCP socket");
    let mut buffer = [0; 8192];
    let mut exchange = || {
        socket.write_all(request.as_bytes()).expect("it takes the request");
        assert!(read_until(&mut socket, &mut buffer, end.as_bytes()), "closed before the answer");
    };
    (0..WARM_UP).for_each(|_| exchange());
    TRAP.store(std::env::var_os("TRAP").is_some(), Ordering::Relaxed);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (0..COUNTED).for_each(|_| exchange());
    TRAP.store(false, Ordering::Relaxed);
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// Reads one message, known by its end. False: the other side has closed.
fn read_until(socket: &mut impl Read, buffer: &mut [u8], end: &[u8]) -> bool {
    let mut len = 0;
    loop {
        match socket.read(&mut buffer[len..]) {
            Ok(0) | Err(_) => return false,
            Ok(n) => len += n,
        }
        if buffer[..len].ends_with(end) {
            return true;
        }
    }
}

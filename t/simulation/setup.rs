//! What a seed decides before anything runs: the network, the configuration, who comes and what they want.

use std::fmt::Write;

use peerage::base::rng::Rng;
use peerage::os::sim::Faults;

use crate::client::{self, BAD_HEADS, BAD_KINDS, Habits, Item};
use crate::exchange::{Exchange, KINDS, Kind};
use crate::names::NAME_SERVER;
use crate::sealed;

/// How unfriendly a world is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Family {
    /// Everything can happen. Otherwise the network is slow and narrow but loses nothing, no side closes early, no
    /// time-out comes near: every response must be exactly right.
    pub hostile: bool,
    /// Requests are passed on to servers. Otherwise they are answered on the spot.
    pub proxied: bool,
    /// The servers have names, which are looked up while the worker runs.
    pub names: bool,
    /// Several workers share the state of the servers in a `zone`.
    pub zone: bool,
    /// Servers end connections that are idle, in every way that there is; what has not been delivered is sent again.
    pub delivery: bool,
    /// The servers speak FastCGI, and perhaps HTTP/1 too.
    pub fastcgi: bool,
    /// The servers speak uwsgi or SCGI, as the seed says.
    pub packets: bool,
    /// Clients ask for parts of answers, or take them compressed; some come compressed.
    pub filtered: bool,
    /// Each request is passed on if a subrequest allows it, and is copied by another.
    pub subrequests: bool,
    /// Bodies of subrequests stand before and behind those of answers.
    pub inserted: bool,
    /// Clients speak HTTP/2, and some of them HTTP/1.
    pub h2: bool,
    /// Clients speak TLS.
    pub tls: bool,
}

pub struct Setup {
    pub family: Family,
    pub faults: Faults,
    pub conf: String,
    /// A configuration passes requests on before they are whole: of this seed's any that was read.
    pub streams: bool,
    pub servers: usize,
    /// One in: a server closes an idle connection in a turn.
    pub leaves: u64,
    pub clients: u64,
    /// At the same time.
    pub crowd: usize,
    pub kinds: Vec<Kind>,
    /// Longest body.
    pub sizes: usize,
    /// Least bytes that a script moves in a turn.
    pub pace: usize,
    pub max_body: usize,
    /// Answers end where a read of the proxy's ends: nothing tells it that nothing follows.
    pub exact: bool,
    /// Requests say where their connections are to come from.
    pub bind: bool,
    /// `mirror_request_body`
    pub copies_body: bool,
    /// `add_before_body`, `add_after_body`
    pub before: bool,
    pub after: bool,
    /// `post_action`
    pub post: bool,
    /// Half of the requests are passed on in FastCGI, the others in HTTP/1, to the same group.
    pub mixed: bool,
    /// The prefix of what passes requests on, if it is not `proxy` alone.
    pub gateway: Option<&'static str>,
}

/// A window, and what the proxy reads at once when it does not buffer.
const EXACT: usize = 4096;

/// What can be answered without a server.
const SERVED: [Kind; 7] = [
    Kind::Sized,
    Kind::Chunked,
    Kind::Interim,
    Kind::NoContent,
    Kind::NotModified,
    Kind::Error500,
    Kind::Early,
];

/// The parameters that scripted FastCGI, uwsgi and SCGI servers look at, and their variables.
const PARAMS: [(&str, &str); 4] = [
    ("REQUEST_METHOD", "request_method"),
    ("REQUEST_URI", "request_uri"),
    ("SERVER_PROTOCOL", "server_protocol"),
    ("CONTENT_LENGTH", "content_length"),
];

/// Where subrequests go. What they are asked for is behind the name of their purpose.
const SUBREQUESTS: &str = "
        location = /auth { internal; rewrite ^ /auth$request_uri break; proxy_pass http://side; }
        location = /copy { internal; rewrite ^ /copy$request_uri break; proxy_pass http://side; }
    ";

/// Where the subrequests go whose bodies are inserted, and requests that have been answered.
const INSERTED: &str = "
        location = /before { internal; rewrite ^ /before$request_uri break; proxy_pass http://side; }
        location = /after { internal; rewrite ^ /after$request_uri break; proxy_pass http://side; }
        location = /post { internal; rewrite ^ /post$request_uri break; proxy_pass http://side; }
        ";

pub const FRONT: &str = "10.0.0.1:80";

pub fn server_addr(at: usize) -> String {
    format!("10.0.1.{}:80", at + 1)
}

impl Setup {
    pub fn draw(family: Family, rng: &mut Rng) -> Self {
        let hostile = family.hostile;
        // Answers overtake requests all the time, and their connections are not to be used again.
        let early = family.proxied && !family.delivery && rng.one_in(8);
        let (sizes, windows, pace) = match rng.below(20) {
            _ if early => (1000, vec![50, 100], 100),
            // What was not written whole is not sent again.
            _ if family.delivery && !hostile => (300, vec![1 << 16], 3000),
            _ if family.delivery => (300, vec![100, 1 << 16], 100),
            // More at once than one event may be given to.
            0 => (2 << 20, vec![4 << 20], 1 << 20),
            1 => (40_000, vec![EXACT], 1 << 20),
            2 => (20, vec![1, 5], 7),
            3..=6 => (40_000, vec![3000, 1 << 16], 3000),
            _ => (300, vec![16, 100, 1000, 1 << 16], 1),
        };
        let mut faults = Faults { windows, step_ms: 20, ..Faults::rough() };
        let exact = faults.windows == [EXACT];
        if exact || rng.one_in(4) {
            (faults.slow, faults.late) = (1, 0);
        }
        match (family.delivery, hostile) {
            (true, _) => crossing(&mut faults, hostile, rng),
            (false, true) => unfriendly(&mut faults, rng),
            (false, false) => {}
        }
        let servers = 1 + rng.below(3) as usize;
        let mut setup = Self {
            family,
            faults,
            conf: String::new(),
            streams: false,
            servers,
            leaves: match (family.delivery, hostile) {
                (true, _) => [3, 20][rng.below(2) as usize],
                (false, true) => [0, 30, 300][rng.below(3) as usize],
                (false, false) => 0,
            },
            clients: 6 + rng.below(10),
            crowd: 1 + rng.below(8) as usize,
            kinds: match rng.one_in(3) {
                _ if early => vec![Kind::Early],
                true => vec![Kind::Sized, Kind::Chunked],
                false => KINDS.to_vec(),
            },
            sizes,
            pace,
            max_body: 3 << 20,
            exact,
            bind: rng.one_in(3),
            copies_body: false,
            before: false,
            after: false,
            post: false,
            mixed: family.fastcgi && rng.one_in(2),
            gateway: match (family.fastcgi, family.packets) {
                (true, _) => Some("fastcgi"),
                (_, true) => Some(["uwsgi", "scgi"][rng.below(2) as usize]),
                _ => None,
            },
        };
        if !hostile {
            // A stray answer that is still on its way when its connection is given on is taken for the next one: no
            // proxy can tell. Where all responses must be right no server sends any.
            setup.kinds.retain(|kind| *kind != Kind::Extra);
        }
        if !family.proxied {
            setup.kinds = SERVED.to_vec();
        }
        // Excess bytes can be told from the next response only if they come at once with what they exceed.
        let at_once = setup.faults.slow == 1 && setup.pace >= 3000;
        if !hostile && !at_once {
            setup.kinds.retain(|&kind| kind != Kind::Extra);
        }
        if !hostile && at_once && family.proxied {
            setup.kinds.extend([Kind::Extra; 8]);
        }
        if family.delivery {
            setup.kinds = vec![Kind::Sized, Kind::SizedClose, Kind::Chunked, Kind::NoContent];
            setup.clients *= 2;
        }
        if family.delivery && hostile {
            setup.kinds.extend([Kind::Mute, Kind::Reset, Kind::Early, Kind::EarlyClose]);
        }
        if family.subrequests && !hostile {
            // A subrequest to a server that never answers ends by a time-out, which comes near in no calm world.
            setup.kinds.retain(|kind| *kind != Kind::Silent);
        }
        if family.inserted {
            // An end that came early could not be told from the end of the body between two others.
            setup.kinds.retain(|kind| *kind != Kind::UntilClose || !hostile);
        }
        if family.names {
            // Who has timed out finds other servers than those it began with, or none.
            setup.kinds.retain(|kind| *kind != Kind::Silent);
        }
        if family.fastcgi && !hostile {
            // The end of a connection cannot be announced: the next request may be on its way.
            setup.kinds.retain(|kind| !matches!(kind, Kind::SizedClose | Kind::EarlyClose));
        }
        if family.packets {
            // What HTTP/1 alone has. Each connection ends with its response: that is no fault.
            setup.kinds.retain(|kind| {
                use Kind::{BadChunk, EarlyClose, Extra, Interim, Old, ShortChunked, SizedClose};
                let others = [BadChunk, EarlyClose, Extra, Interim, Old, ShortChunked, SizedClose];
                !others.contains(kind)
            });
        }
        setup.conf = setup.write_conf(rng);
        setup
    }

    /// What a reload may find: other settings of the same servers.
    pub fn write_conf(&mut self, rng: &mut Rng) -> String {
        let Family { hostile, delivery, .. } = self.family;
        // Of those, connections that are kept have enemies enough.
        let (may_stream, hostile) = (hostile || !delivery, hostile && !delivery);
        let mut one_of = |all: &[&str]| all[rng.below(all.len() as u64) as usize].to_string();
        let connections = if hostile { one_of(&["12", "20", "512"]) } else { "512".into() };
        let time = |hostile_time: String| if hostile { hostile_time } else { "600s".into() };
        let mut http = String::new();
        let gateway = self.gateway.unwrap_or("proxy");
        let prefixes = if self.mixed { &["proxy", gateway][..] } else { &[gateway] };
        // What the modules share has the prefix of each that is used.
        let mut line = |name: &str, value: String| match name.strip_prefix("proxy_") {
            Some(shared) if !matches!(shared, "http_version" | "set_header") => {
                for prefix in prefixes {
                    let _ = writeln!(http, "    {prefix}_{shared} {value};");
                }
            }
            _ => drop(writeln!(http, "    {name} {value};")),
        };
        line("access_log", "off".into());
        if self.family.filtered {
            line("gzip", "on".into());
            line("gzip_types", "*".into());
            line("gzip_min_length", "0".into());
            line("gzip_comp_level", one_of(&["1", "6"]));
            line("gzip_buffers", one_of(&["32 4k", "1 1"]));
            line("gunzip", "on".into());
            line("gunzip_buffers", one_of(&["32 4k", "1 1"]));
            line("proxy_force_ranges", one_of(&["on", "off"]));
        }
        if self.family.inserted {
            line("gzip", one_of(&["on", "off"]));
            line("gzip_types", "*".into());
            line("gzip_buffers", one_of(&["32 4k", "1 1"]));
            line("addition_types", "*".into());
        }
        line("client_body_temp_path", temp_path());
        line("proxy_temp_path", temp_path());
        line("proxy_max_temp_file_size", one_of(&["1024m", "32k", "0"]));
        line("limit_rate", one_of(&["0", "0", "0", "50k"]));
        line("proxy_limit_rate", one_of(&["0", "0", "0", "50k"]));
        line("client_max_body_size", self.max_body.to_string());
        line("client_body_buffer_size", one_of(&["1", "100", "16k"]));
        line("client_header_buffer_size", "1k".into());
        line("large_client_header_buffers", "2 1k".into());
        line("client_header_timeout", time(one_of(&["500ms", "5s", "60s"])));
        line("client_body_timeout", time(one_of(&["500ms", "5s", "60s"])));
        line("send_timeout", time(one_of(&["500ms", "5s", "60s"])));
        line("keepalive_timeout", time(one_of(&["0", "300ms", "75s"])));
        line(
            "keepalive_requests",
            if hostile { one_of(&["1", "3", "1000"]) } else { "1000".into() },
        );
        line("lingering_timeout", time("5s".into()));
        line("lingering_time", time("30s".into()));
        line("reset_timedout_connection", one_of(&["on", "off"]));
        line("proxy_connect_timeout", time(one_of(&["300ms", "5s", "60s"])));
        line("proxy_send_timeout", time(one_of(&["500ms", "60s"])));
        line(
            "proxy_read_timeout",
            one_of(match hostile {
                true => &["500ms", "5s", "60s"],
                // Messages of an application may come before its head, a byte at a time.
                false if self.gateway.is_some() => &["300s"],
                false => &["20s"],
            }),
        );
        line(
            "proxy_http_version",
            one_of(if delivery { &["1.1"] } else { &["1.0", "1.1", "1.1", "1.1"] }),
        );
        line("proxy_buffering", one_of(if self.exact { &["off"] } else { &["on", "off"] }));
        let buffers_requests = one_of(if may_stream { &["on", "off"] } else { &["on"] });
        self.streams |= buffers_requests == "off";
        line("proxy_request_buffering", buffers_requests);
        line("proxy_buffer_size", "1k".into());
        let buffers = one_of(&["", "2 1k", "8 4k"]);
        if let Some((_, size)) = buffers.split_once(' ') {
            line("proxy_busy_buffers_size", size.into());
            line("proxy_buffers", buffers);
        }
        line("proxy_ignore_client_abort", one_of(&["on", "off"]));
        // Where every answer must be right, none is lost because its client has said all.
        line("client_half_close", if hostile { one_of(&["on", "off"]) } else { "on".into() });
        line(
            "proxy_next_upstream",
            one_of(match delivery {
                true if may_stream => &["undelivered", "undelivered", "error timeout undelivered"],
                true => &["undelivered", "error undelivered"],
                false => &["off", "error timeout", "error timeout http_500"],
            }),
        );
        line("proxy_next_upstream_tries", one_of(&["0", "1", "2"]));
        line("proxy_bind", if self.bind { "$http_x_from".into() } else { "off".into() });
        // A connection must be closed only when the configuration says that it is: the field is the client's own otherwise.
        line("proxy_set_header", "Connection \"\"".into());
        let mut group = String::new();
        // A bound on connections, and mostly a queue for those beyond it.
        let places = one_of(match self.family.zone {
            true => &["", " max_conns=1", " max_conns=1", " max_conns=2", " max_conns=3"],
            false => &["", "", " max_conns=1", " max_conns=2", " max_conns=3"],
        });
        let queue = match hostile {
            true => one_of(&["", "queue 1 timeout=300ms", "queue 3 timeout=5s", "queue 100"]),
            false if places.is_empty() => String::new(),
            false => "queue 1000 timeout=600s".into(),
        };
        for at in 0..self.servers {
            let fails = if hostile {
                one_of(&["", " max_fails=3 fail_timeout=2s"])
            } else {
                " max_fails=0".into()
            };
            let weight = match self.family.zone {
                true => one_of(&["", "", " weight=2", " weight=5"]),
                false => String::new(),
            };
            if !self.family.names {
                let server = server_addr(at);
                let _ = writeln!(group, "        server {server}{weight}{fails}{places};");
            }
        }
        if self.family.zone {
            let methods =
                ["", "", "least_conn;", "hash $uri;", "random;", "random two least_conn;"];
            // Those that allow for a backup come first.
            let others = ["hash $uri;", "hash $uri consistent;", "ip_hash;", "random;"];
            let method = match self.family.names {
                true => one_of(&methods[..3]),
                false => one_of(&[&methods[..], &others].concat()),
            };
            group = format!("        zone back 64k; {method}\n{group}");
        }
        if !queue.is_empty() {
            let _ = writeln!(group, "        {queue};");
        }
        if one_of(&["", "", "x"]) == "x" {
            let _ = writeln!(group, "        keepalive_per_server 1;");
        }
        if !self.family.names && !self.exact {
            let learn = "sticky learn create=$upstream_cookie_sid lookup=$cookie_sid \
                         zone=sessions:64k timeout=1h";
            let sticky = one_of(&["", "", "", "sticky cookie home", learn]);
            let header = if sticky == learn { one_of(&["", " header"]) } else { String::new() };
            if !sticky.is_empty() {
                let _ = writeln!(group, "        {sticky}{header};");
            }
        }
        let passed = format!("{gateway}_pass back;");
        let mut content = match (self.family.proxied, self.gateway.is_some() && !self.mixed) {
            (false, _) => "",
            (true, false) => "proxy_pass http://back;",
            (true, true) => &passed,
        };
        if self.gateway.is_some() {
            for (name, variable) in PARAMS {
                line(&format!("{gateway}_param"), format!("{name} ${variable}"));
            }
        }
        if self.family.fastcgi {
            let kept: &[&str] = if delivery { &["on"] } else { &["on", "on", "on", "off"] };
            line("fastcgi_keep_conn", one_of(kept));
        }
        if self.family.names {
            let mode = one_of(&["variable", "resolve", "both", "service"]);
            let valid = if mode == "variable" { one_of(&["", " valid=1s"]) } else { String::new() };
            line("resolver", format!("{NAME_SERVER}{}{valid}", one_of(&["", " ipv6=off"])));
            line("resolver_timeout", time(one_of(&["500ms", "5s", "30s"])));
            match mode.as_str() {
                "variable" => {
                    let _ = writeln!(group, "        server {};", server_addr(0));
                    content = "set $to back.test; proxy_pass http://$to;";
                }
                "resolve" => group += "        server back.test:80 resolve max_fails=0;\n",
                "both" => {
                    let _ = writeln!(group, "        server {} max_fails=0;", server_addr(0));
                    group += "        server back.test resolve max_fails=0;\n";
                    group += "        server spare.test resolve backup max_fails=0;\n";
                }
                _ => group += "        server back.test service=http resolve max_fails=0;\n",
            }
        }
        if !delivery {
            // They refuse nothing; some requests have to wait.
            line("limit_conn_zone", "$remote_addr zone=conn:64k".into());
            line("limit_conn", "conn 60000".into());
            let rate = one_of(&["100000r/s", "100r/s"]);
            line("limit_req_zone", format!("$remote_addr zone=req:64k rate={rate}"));
            line("limit_req", format!("zone=req burst=100000{}", one_of(&["", " nodelay"])));
        }
        let fixed = content == "proxy_pass http://back;";
        let checks = match (fixed, hostile) {
            (false, _) => String::new(),
            (_, true) => one_of(&[
                "",
                "",
                "health_check uri=/health interval=300ms;",
                "health_check uri=/health interval=100ms jitter=1s fails=2 passes=2 mandatory;",
                "health_check uri=/health interval=200ms fails=2 keepalive_time=1s;",
            ]),
            // Where every response must be right, no server may become unhealthy.
            (_, false) => one_of(&[
                "",
                "health_check uri=/health interval=300ms fails=1000000;",
                "health_check uri=/health interval=300ms fails=1000000 keepalive_time=2s;",
            ]),
        };
        if !delivery {
            let _ = writeln!(group, "        keepalive {};", one_of(&["0", "1", "2", "16"]));
            let _ = writeln!(group, "        keepalive_requests {};", one_of(&["1", "3", "1000"]));
            let _ = writeln!(group, "        keepalive_timeout {};", one_of(&["300ms", "60s"]));
        }
        let (mut side, mut others) = (String::new(), String::new());
        if self.family.subrequests {
            let copies_body = one_of(&["on", "on", "off"]);
            self.copies_body = copies_body == "on";
            side = self.side();
            others = format!("mirror_request_body {copies_body}; {SUBREQUESTS}");
            content = "auth_request /auth; auth_request_set $auth $upstream_http_x_auth; \
                       mirror /copy; proxy_set_header Connection \"\"; \
                       proxy_set_header X-Auth $auth; proxy_pass http://back;";
        }
        if self.family.inserted {
            let places = one_of(&["before", "after", "before after"]);
            (self.before, self.after) = (places.contains("before"), places.contains("after"));
            side = self.side();
            others = INSERTED.into();
            let lines = places.split(' ').map(|it| format!("add_{it}_body /{it}; "));
            others.extend(lines);
            self.post = one_of(&["on", "off"]) == "on";
            if self.post {
                content = "post_action /post; proxy_pass http://back;";
            }
        }
        let accept = one_of(&["on", "off"]);
        let http2 = if self.family.h2 { " http2" } else { "" };
        let (ssl, certificates) = match self.family.tls {
            true => (" ssl", sealed::lines(rng)),
            false => ("", String::new()),
        };
        let odd = match self.mixed {
            true => "location ~ ^/q[0-9]*[13579]/ { fastcgi_pass back; }",
            false => "",
        };
        format!(
            "events {{ worker_connections {connections}; multi_accept {accept}; }}\nhttp {{\n{http}    upstream back {{\n{group}    }}\n    \
             server {{ listen {FRONT}{http2}{ssl}; {certificates} location / {{ {content} {checks} }} {odd} {others} }}\n{side}}}\n"
        )
    }

    /// The servers by another name: a connection of theirs is not waited for in the queue of the group.
    fn side(&self) -> String {
        let server = |at| format!("server {} max_fails=0; ", server_addr(at));
        format!("    upstream side {{ {} }}\n", (0..self.servers).map(server).collect::<String>())
    }

    /// A client's requests and manners. `next` numbers the tokens.
    pub fn draw_client(&self, rng: &mut Rng, next: &mut u64) -> (Vec<Item>, Habits) {
        let mut plan = Vec::new();
        for _ in 0..=rng.below(5) {
            *next += 1;
            let mut exchange = Exchange::draw(rng, format!("q{next}"), self.sizes, &self.kinds);
            if self.exact {
                exchange.fill((1 + rng.below(5) as usize) * EXACT);
            }
            if self.family.delivery && rng.one_in(2) {
                exchange.post(rng.below(40) as usize);
            }
            if self.family.filtered {
                exchange.gzip = rng.one_in(2);
                exchange.coded = !self.exact && rng.one_in(3);
                let is_passed = exchange.gzip && exchange.coded;
                let first = rng.below(exchange.n as u64 + 1) as usize;
                exchange.range = (!is_passed && first < exchange.n && rng.one_in(3))
                    .then(|| (first, first + rng.below(exchange.n as u64) as usize));
            }
            if self.family.inserted {
                exchange.gzip = rng.one_in(2);
                (exchange.before, exchange.after) = (self.before, self.after);
            }
            let ends = exchange.ends() && !self.family.hostile;
            plan.push(Item::Good(exchange));
            if ends {
                return (plan, Habits::default());
            }
        }
        let mut habits = Habits { half_closes: rng.one_in(5), ..Habits::default() };
        if rng.one_in(10) {
            let kinds = if self.family.proxied { BAD_KINDS } else { BAD_HEADS };
            plan.push(Item::Bad(client::bad(rng.below(kinds), self.max_body)));
        }
        if rng.one_in(6) {
            habits.deaf_until = rng.below(300);
        }
        if self.family.hostile && !self.family.delivery {
            habits.waits = rng.one_in(6);
            if rng.one_in(4) {
                habits.leaves = Some(1 + rng.below(400));
            }
            if rng.one_in(20) {
                habits.deaf_until = u64::MAX;
            }
        }
        (plan, habits)
    }
}

fn unfriendly(faults: &mut Faults, rng: &mut Rng) {
    let mut maybe = |rates: &[u64]| rates[rng.below(rates.len() as u64) as usize];
    faults.reset = maybe(&[0, 0, 100, 1000]);
    faults.close = maybe(&[0, 0, 100, 1000]);
    faults.refuse = maybe(&[0, 0, 5, 30]);
    faults.hang = maybe(&[0, 0, 10, 50]);
    faults.no_files = maybe(&[0, 0, 5, 50]);
    faults.stall = maybe(&[0, 0, 20, 200]);
    faults.stall_ms = maybe(&[100, 2000, 20_000]);
    faults.jump = maybe(&[0, 0, 50, 500]);
    faults.lose = maybe(&[0, 0, 5, 30]);
    faults.double = maybe(&[0, 0, 5, 30]);
    faults.jump_ms = maybe(&[100, 5000, 100_000]);
}

/// Requests and the ends of their connections cross each other, and what the system tells of it comes late. No end
/// comes from anybody but the server.
fn crossing(faults: &mut Faults, hostile: bool, rng: &mut Rng) {
    if !hostile {
        // A reset behind an end comes before it is no longer waited for: what is under way arrives within two steps.
        (faults.step_ms, faults.late, faults.slow) = (1, 0, 1);
        return;
    }
    let mut maybe = |rates: &[u64]| rates[rng.below(rates.len() as u64) as usize];
    faults.slow = maybe(&[1, 3, 8]);
    faults.step_ms = maybe(&[2, 20]);
    faults.hold = maybe(&[0, 2, 10]);
    faults.ack_ms = maybe(&[0, 5, 40, 300]);
    faults.reset = maybe(&[0, 0, 300]);
    faults.refuse = maybe(&[0, 0, 30]);
    faults.stall = maybe(&[0, 0, 100]);
    faults.stall_ms = 300;
}

/// Where bodies go that do not fit: a folder of this process.
pub fn temp_path() -> String {
    let path = std::env::temp_dir().join(format!("peerage-simulation-{}", std::process::id()));
    let _ = std::fs::create_dir_all(&path);
    path.display().to_string()
}

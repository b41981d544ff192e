//! The nouns of HTTP: configuration, request, response. No handlers, no sockets.
//!
//! | file | what it is |
//! |---|---|
//! | `dates`, `strftime` | moments: read and written |
//! | `status`, `mime`, `uri`, `cookies`, `ranges`, `user_agent` | the words of HTTP: read, written, looked up |
//! | `address` | addresses of servers, as `proxy_pass` and its kin write them |
//! | `vars`, `slots` | variables, and strings with variables in them |
//! | `passwords`, `userid` | names of clients: by `Authorization` and a file of passwords, or by a cookie |
//! | `trace` | the context of a trace, in the fields of a request |
//! | `networks`, `forwarded` | sets of addresses, and the client's address as proxies name it |
//! | `ids`, `servers`, `locations` | which server and which location a request belongs to |
//! | `settings` | the settings of each module: as a block says them, and as requests see them |
//! | `conf` | the configuration: its blocks, and the way from the text of nginx.conf to them |
//! | `directives` | what obeying a line does to the settings of its block |
//! | `outbox`, `h2`, `channel`, `downstream`, `request`, `subrequest`, `response` | a connection with a client, and what goes over it |
//! | `freshness`, `vary`, `stored_head`, `cached` | what a response says of being stored, its head in a cache, and a request's dealings with that |
//! | `limit_req`, `limit_conn` | what the records of their zones mean |
//! | `charsets` | maps between charsets |
//! | `ssi` | what the commands in a body have set so far |
//! | `file_cache` | what is known of files, and their descriptors |
//! | `place`, `tree`, `transfer` | how a whole file gets its name; trees of files; what `dav` does with them |
//! | `slice`, `video` | a response that is asked for in parts; a video of which a part is sent |
//! | `listing` | a directory whose entries are listed |
//! | `filters`, `ctx`, `coders` | what a response goes through, and what its filters keep meanwhile |
//! | `exchange`, `upstream_uri` | a request to a server and its response |
//! | `fetch`, `probe`, `ocsp` | a request of the program's own; a health check; a question to an OCSP responder |
//!
//! A file uses only what is above it, so `conf` has two levels: `conf::raw` and `conf::builder`, which are what
//! directives change, are below `directives`; `conf::load`, which obeys them, is above. The settings of a module and
//! the directives that fill them are two files for the same reason: the blocks hold the ones, the others change blocks.

pub mod address;
pub mod cached;
pub mod channel;
pub mod charsets;
pub mod coders;
pub mod conf;
pub mod cookies;
pub mod ctx;
pub mod dates;
pub mod directives;
pub mod downstream;
pub mod exchange;
pub mod fetch;
pub mod file_cache;
pub mod filters;
pub mod forwarded;
pub mod freshness;
pub mod h2;
pub mod ids;
pub mod limit_conn;
pub mod limit_req;
pub mod listing;
pub mod locations;
pub mod mime;
pub mod networks;
pub mod ocsp;
pub mod outbox;
pub mod passwords;
pub mod place;
pub mod probe;
pub mod ranges;
pub mod request;
pub mod response;
pub mod servers;
pub mod settings;
pub mod slice;
pub mod slots;
pub mod ssi;
pub mod status;
pub mod stored_head;
pub mod strftime;
pub mod subrequest;
pub mod trace;
pub mod transfer;
pub mod tree;
pub mod upstream_uri;
pub mod uri;
pub mod user_agent;
pub mod userid;
pub mod vars;
pub mod vary;
pub mod video;

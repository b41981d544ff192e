//! The core module's settings of a location: files, timeouts, bodies, keep-alive, error pages.

use std::path::PathBuf;
use std::sync::Arc;

use super::main::ErrorLog;
use crate::base::ids::ResolverIndex;
use crate::conf::value::Msec;
use crate::http::ids::LocationId;
use crate::http::mime::Types;
use crate::http::vars::Template;
use crate::os::symlinks::Links;
use crate::settings;

settings! {
    /// What `http`, `server` and `location` can say about serving a request.
    pub struct Core / CoreRaw {
        root: Root = Root { path: Template::text(b"html"), alias: false, replaces: Some(0) },
        index: Vec<Template> = vec![Template::text(b"index.html")],
        types: Arc<Types> = Types::standard(),
        default_type: Box<[u8]> = b"text/plain".as_slice().into(),
        error_page: Vec<ErrorPage> = vec![],
        error_log: Vec<ErrorLog> = vec![],

        client_body_timeout: Msec = 60_000,
        /// 0: no limit.
        client_max_body_size: u64 = 1 << 20,
        client_body_buffer_size: usize = 16 << 10,
        client_body_temp_path: TempPath = TempPath::default(),
        send_lowat: usize = 0,
        client_body_in_file_only: InFileOnly = InFileOnly::Off,
        client_body_in_single_buffer: bool = false,

        send_timeout: Msec = 60_000,
        /// Bytes a second; 0: no limit.
        limit_rate: Option<Template> = None,
        /// Bytes that go before the limit holds.
        limit_rate_after: Option<Template> = None,
        /// 0: connections are not kept.
        keepalive_timeout: Msec = 75_000,
        keepalive_min_timeout: Msec = 0,
        /// The second parameter, seconds: what the `Keep-Alive: timeout=` field says. 0: no field.
        keepalive_header: u64 = 0,
        keepalive_requests: u32 = 1000,
        keepalive_time: Msec = 3_600_000,
        keepalive_disable: Browsers = Browsers::MSIE6,
        lingering_close: Lingering = Lingering::On,
        lingering_time: Msec = 30_000,
        lingering_timeout: Msec = 5_000,
        reset_timedout_connection: bool = false,
        /// A client that shuts its sending side is served; off: it is gone, as in nginx.
        client_half_close: bool = false,

        resolver: Option<ResolverIndex> = None,
        /// 0: as long as it takes.
        resolver_timeout: Msec = 30_000,

        sendfile: bool = false,
        sendfile_max_chunk: u64 = 2 << 20,
        tcp_nopush: bool = false,
        tcp_nodelay: bool = true,
        /// The largest frame that a body is cut into.
        http2_chunk_size: usize = 8 << 10,
        postpone_output: usize = 1460,
        read_ahead: u64 = 0,
        /// Bytes of the body of a subrequest that is kept in memory.
        subrequest_output_buffer_size: usize = 4096,
        output_buffers: super::server::Buffers = super::server::Buffers { number: 2, size: 32768 },

        /// Interim responses of 103 are passed on if any of these is true; not given: always.
        early_hints: Option<Vec<Template>> = None,
        server_tokens: Tokens = Tokens::On,
        etag: bool = true,
        disable_symlinks: Option<Symlinks> = None,
        /// Which of `Http::file_caches`; none: what is known of files is not kept.
        open_file_cache: Option<FileCacheIndex> = None,
        open_file_cache_valid: Msec = 60_000,
        open_file_cache_min_uses: u32 = 1,
        open_file_cache_errors: bool = false,
        /// Accepted: the system tells of changes only where nginx has kqueue.
        open_file_cache_events: bool = false,
        if_modified_since: IfModifiedSince = IfModifiedSince::Exact,
        max_ranges: Option<u32> = None,
        chunked_transfer_encoding: bool = true,
        log_not_found: bool = true,
        log_subrequest: bool = false,
        /// A uri, or the name of a location.
        post_action: Option<Box<[u8]>> = None,
        recursive_error_pages: bool = false,
        satisfy: Satisfy = Satisfy::All,
        /// How long a 401 of an access handler waits.
        auth_delay: Msec = 0,
        absolute_redirect: bool = true,
        port_in_redirect: bool = true,
        server_name_in_redirect: bool = false,
        msie_padding: bool = true,
        msie_refresh: bool = false,
    }
}

/// `root` or `alias`, absolute if its beginning is constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root {
    pub path: Template,
    pub alias: bool,
    /// With `alias`, how many bytes of the uri the path replaces; `None`: all (in a location by
    /// regular expression).
    pub replaces: Option<usize>,
}

/// One status of an `error_page` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrorPage {
    pub status: u16,
    pub overwrite: Overwrite,
    /// A uri (`/…`), a named location (`@…`), or else an address to redirect to. With variables in
    /// it only the value tells which.
    pub page: Template,
    /// What followed a `?` in a constant uri.
    pub args: Box<[u8]>,
    /// The location of a constant `@name`, if there is one.
    pub named: Option<LocationId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overwrite {
    /// The error's own status (for a redirect to an address: 302).
    Keep,
    /// `=`: whatever the page's own answer has.
    Answer,
    /// `=200`.
    Status(u16),
}

/// A directory of temporary files and the lengths of its levels' names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TempPath {
    /// Absolute.
    pub path: PathBuf,
    pub levels: [u8; 3],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InFileOnly {
    Off,
    /// The file stays.
    On,
    /// The file goes with the request.
    Clean,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lingering {
    Off,
    On,
    Always,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tokens {
    Off,
    On,
    Build,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfModifiedSince {
    Off,
    Exact,
    Before,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Satisfy {
    All,
    Any,
}

/// Browsers with which connections are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Browsers(pub u8);

impl Browsers {
    pub const NONE: Self = Self(0);
    pub const MSIE6: Self = Self(1);
    pub const SAFARI: Self = Self(2);

    pub fn contains(self, browser: Self) -> bool {
        self.0 & browser.0 != 0
    }
}

impl Core {
    /// The page for a status, if one was given.
    pub fn error_page_for(&self, status: u16) -> Option<&ErrorPage> {
        self.error_page.iter().find(|page| page.status == status)
    }
}

/// `disable_symlinks` that does: which links are followed all the same, and what is not looked at.
#[derive(Clone, Debug)]
pub struct Symlinks {
    pub links: Links,
    pub from: Option<Template>,
}

/// One of `Http::file_caches`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileCacheIndex(pub u16);

/// `open_file_cache`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileCacheSize {
    /// Entries.
    pub max: usize,
    /// An entry that was not used during this time may go.
    pub inactive: Msec,
}

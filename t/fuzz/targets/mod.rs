//! The targets. Each states in its first lines which properties it asserts.

mod brotli;
mod cache;
mod certificate;
mod cgi;
mod chunked;
mod conf;
mod cookies;
mod dates;
mod dns;
mod fastcgi;
mod gunzip;
mod h2;
mod hello;
mod hpack;
mod memcached;
mod mp4;
mod ocsp;
mod pattern;
mod proxy_protocol;
mod ranges;
mod request;
mod response;
mod uri;

pub struct Target {
    pub name: &'static str,
    /// Panics if a property does not hold for the input.
    pub check: fn(&[u8]),
    /// Inputs beside those of the corpus.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What mutations put in.
    pub words: &'static [&'static [u8]],
    /// Inputs that a test run tries.
    pub runs: u64,
    /// What a run may hold, in bytes: a constant, and a number of bytes for each byte of the input.
    pub memory: (usize, usize),
}

#[rustfmt::skip]
pub const TARGETS: &[Target] = &[
    Target { name: "brotli", check: brotli::check, seeds: brotli::seeds, words: brotli::WORDS, runs: 300, memory: (1 << 27, 1024) },
    Target { name: "cache", check: cache::check, seeds: cache::seeds, words: cache::WORDS, runs: 5_000, memory: (16384, 64) },
    Target { name: "certificate", check: certificate::check, seeds: certificate::seeds, words: certificate::WORDS, runs: 3_000, memory: (1 << 16, 1024) },
    Target { name: "cgi", check: cgi::check, seeds: cgi::seeds, words: cgi::WORDS, runs: 5_000, memory: (16384, 64) },
    Target { name: "chunked", check: chunked::check, seeds: Vec::new, words: chunked::WORDS, runs: 5_000, memory: (8192, 64) },
    Target { name: "conf", check: conf::check, seeds: conf::seeds, words: conf::WORDS, runs: 1_000, memory: (1 << 26, 4096) },
    Target { name: "cookies", check: cookies::check, seeds: Vec::new, words: cookies::WORDS, runs: 5_000, memory: (16384, 1024) },
    Target { name: "dates", check: dates::check, seeds: dates::seeds, words: dates::WORDS, runs: 5_000, memory: (16384, 64) },
    Target { name: "dns", check: dns::check, seeds: dns::seeds, words: dns::WORDS, runs: 5_000, memory: (16384, 64) },
    Target { name: "fastcgi", check: fastcgi::check, seeds: fastcgi::seeds, words: fastcgi::WORDS, runs: 5_000, memory: (16384, 64) },
    Target { name: "gunzip", check: gunzip::check, seeds: Vec::new, words: gunzip::WORDS, runs: 5_000, memory: (1 << 19, 64) },
    Target { name: "h2", check: h2::check, seeds: h2::seeds, words: h2::WORDS, runs: 3_000, memory: (1 << 20, 256) },
    Target { name: "hello", check: hello::check, seeds: Vec::new, words: hello::WORDS, runs: 1_000, memory: (1 << 21, 256) },
    Target { name: "hpack", check: hpack::check, seeds: hpack::seeds, words: hpack::WORDS, runs: 5_000, memory: (1 << 17, 512) },
    Target { name: "memcached", check: memcached::check, seeds: memcached::seeds, words: memcached::WORDS, runs: 5_000, memory: (16384, 64) },
    Target { name: "mp4", check: mp4::check, seeds: mp4::seeds, words: mp4::WORDS, runs: 3_000, memory: (16384, 16) },
    Target { name: "ocsp", check: ocsp::check, seeds: ocsp::seeds, words: ocsp::WORDS, runs: 3_000, memory: (1 << 17, 1024) },
    Target { name: "pattern", check: pattern::check, seeds: Vec::new, words: pattern::WORDS, runs: 1_000, memory: (1 << 27, 1024) },
    Target { name: "proxy_protocol", check: proxy_protocol::check, seeds: Vec::new, words: proxy_protocol::WORDS, runs: 5_000, memory: (8192, 64) },
    Target { name: "ranges", check: ranges::check, seeds: Vec::new, words: ranges::WORDS, runs: 5_000, memory: (16384, 256) },
    Target { name: "request", check: request::check, seeds: Vec::new, words: request::WORDS, runs: 3_000, memory: (1 << 17, 128) },
    Target { name: "response", check: response::check, seeds: Vec::new, words: response::WORDS, runs: 2_000, memory: (16384, 128) },
    Target { name: "uri", check: uri::check, seeds: Vec::new, words: uri::WORDS, runs: 5_000, memory: (16384, 256) },
];

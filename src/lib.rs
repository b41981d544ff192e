//! peerage: nginx's model of a reverse proxy, said in safe Rust.
//!
//! The folders are layers. Each uses only those above it in this list, and the files of the first eleven import one
//! another in one direction, without circles; `t/tidy.rs` checks both:
//!
//! | folder | what it is |
//! |---|---|
//! | [`base`] | data structures: arenas, lists, the timer wheel; no I/O, no protocol |
//! | [`os`] | the operating system and its imitation; the only unsafe code |
//! | [`shared`] | zones of memory that workers share |
//! | [`cache`] | what a cache keeps: files, and their index in a zone; knows no HTTP |
//! | [`conf`] | nginx.conf as a language; names no directive |
//! | [`tls`] | TLS connections; the one door to rustls |
//! | [`lua`] | the interpreter and its library; knows no HTTP |
//! | [`event`] | the reactor, generic over its host |
//! | [`proto`] | sans-IO codecs |
//! | [`upstream`] | nouns of the other side; knows no HTTP |
//! | [`http`] | nouns of HTTP: settings, request, response; no handlers |
//! | [`logs`] | where lines and numbers go: access and error logs, syslog, counters |
//! | [`worker`] | where all state meets; no behaviour |
//! | [`serve`] | verbs: the client's side |
//! | [`proxy`] | verbs: the upstream's side |
//! | [`modules`] | what each nginx module does: phase handlers and filters |
//! | [`process`] | verbs: the program's life |
//!
//! A request passes through them so: [`event`] wakes [`serve::h1`] or [`serve::h2`], which reads its head;
//! [`serve::phases`] finds its location and runs the handlers of [`modules`]; one of them answers, or [`proxy`] takes
//! it to a server and back (the way is drawn there); [`serve::respond`] writes the answer, [`serve::finish`] is the end.

pub mod base;
pub mod cache;
pub mod conf;
pub mod event;
pub mod http;
pub mod logs;
pub mod lua;
pub mod modules;
pub mod os;
pub mod process;
pub mod proto;
pub mod proxy;
pub mod serve;
pub mod shared;
pub mod tls;
pub mod upstream;
pub mod worker;

//! The nouns of HTTP: settings, request, response. No handlers, no sockets.

pub mod channel;
pub mod conf;
pub mod locations;
pub mod logs;
pub mod mime;
pub mod request;
pub mod response;
pub mod servers;
pub mod settings;
pub mod vars;

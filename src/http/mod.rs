//! The nouns of HTTP: settings, request, response. No handlers, no sockets.

pub mod channel;
pub mod conf;
pub mod cookies;
pub mod dates;
pub mod exchange;
pub mod locations;
pub mod mime;
pub mod probe;
pub mod ranges;
pub mod request;
pub mod response;
pub mod servers;
pub mod settings;
pub mod slots;
pub mod status;
pub mod upstream_uri;
pub mod uri;
pub mod vars;

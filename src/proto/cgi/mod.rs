//! What the protocols of gateways have from CGI (RFC 3875): the parameters of a request ([`Params`]), and the head of a
//! response. Of uwsgi and SCGI the response is nothing else ([`Client`]); that of FastCGI comes in records.

mod client;
pub(in crate::proto) mod head;
mod params;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use params::{Pair, ParamName, Params, name_of_field};

//! OCSP: the statement of an authority whether a certificate is revoked (RFC 6960).

mod question;
mod response;
mod staple;

pub use question::Question;
pub use response::{Answer, ResponseError, Status};
pub use staple::{Staple, Stapling};

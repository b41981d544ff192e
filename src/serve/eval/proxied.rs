//! What the PROXY protocol said: `$proxy_protocol_…`.

use crate::http::vars::Var;
use crate::proto::proxy_protocol::{
    Proxied, SSL, SSL_HEAD, Vendor, ssl_type, tlv, tlv_type, vendor,
};
use crate::worker::{RequestId, Worker};

use super::super::downstream;
use super::{ip, put, put_number};

#[inline(never)]
pub fn variable(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let origin = downstream::origin(w, id);
    let Some(it) = origin.and_then(|origin| origin.proxied.as_deref()) else { return false };
    if let Var::ProxyProtocolTlv(name) = var {
        return match vendor(it, name) {
            Some(Vendor::Text(value)) => put(out, value),
            Some(Vendor::Number(number)) => put_number(out, number),
            None => value(it, name).is_some_and(|value| put(out, value)),
        };
    }
    let Some((from, to)) = it.addrs else { return false };
    match var {
        Var::ProxyProtocolAddr => ip(from.ip(), out),
        Var::ProxyProtocolServerAddr => ip(to.ip(), out),
        Var::ProxyProtocolPort => return put_number(out, u64::from(from.port())),
        _ => return put_number(out, u64::from(to.port())),
    }
    true
}

fn value<'a>(it: &'a Proxied, name: &str) -> Option<&'a [u8]> {
    let Some(inside) = name.strip_prefix("ssl_") else {
        return tlv(&it.tlvs, tlv_type(name)?);
    };
    let ssl = tlv(&it.tlvs, SSL)?;
    match inside {
        // The four bytes behind the flags: 0 if the certificate is good.
        "verify" => ssl.get(1..SSL_HEAD).map(|verify| match verify {
            [0, 0, 0, 0] => &b"0"[..],
            _ => &b"1"[..],
        }),
        inside => tlv(ssl.get(SSL_HEAD..)?, ssl_type(inside)?),
    }
}

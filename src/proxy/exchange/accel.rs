//! `X-Accel-Limit-Rate`, `X-Accel-Charset`: how an answer is given; `X-Accel-Redirect`: the server hands the
//! answer over to another location of ours.

use crate::base::regex::MatchError;
use crate::conf::value;
use crate::http::filters::HeadFilters;
use crate::http::settings::upstream_conf::IgnoreHeaders;
use crate::http::uri;
use crate::proto::{Method, Name};
use crate::proxy::pool::release;
use crate::serve::log::{self, Level};
use crate::serve::{phases, respond};
use crate::worker::*;

use super::{cookies, discard};

/// The fields that hold whichever answer goes out: the server's, that of a location that it hands the request to, or a
/// page of ours.
pub fn obey(w: &mut Worker, id: UpstreamId) {
    let Worker { conf, upstreams, requests, .. } = w;
    let upstream = &upstreams[id];
    let request = &mut requests[upstream.request].it;
    let ignored = conf.location(request.location).upstream.ignore_headers;
    for field in &upstream.head.fields {
        match field.id {
            Name::XAccelLimitRate if !ignored.contains(IgnoreHeaders::X_ACCEL_LIMIT_RATE) => {
                if let Some(rate) = value::number(upstream.head.value(field)) {
                    request.rare.get_or_insert().limit_rate = Some(rate);
                }
            }
            Name::XAccelCharset if !ignored.contains(IgnoreHeaders::X_ACCEL_CHARSET) => {
                let charset = upstream.head.value(field);
                request.response.rare.get_or_insert().charset =
                    (!charset.is_empty()).then(|| charset.into());
                request.response.filters.insert(HeadFilters::CHARSET);
            }
            _ => {}
        }
    }
}

/// Follows the field if there is one and it is obeyed.
pub fn redirect(w: &mut Worker, id: UpstreamId, rest_of_read: &mut [u8]) -> bool {
    let request = w.upstreams[id].request;
    let settings = &w.location_of(request).upstream;
    if settings.ignore_headers.contains(IgnoreHeaders::X_ACCEL_REDIRECT) {
        return false;
    }
    let Some(to) = w.upstreams[id].head.get(Name::XAccelRedirect).map(<[u8]>::to_vec) else {
        return false;
    };
    if keep_fields(w, id, request).is_err() {
        release::release(w, id);
        respond::error(w, request, 500);
        return true;
    }
    discard::rest(w, id, rest_of_read);
    release::release(w, id);
    if to.first() == Some(&b'@') {
        phases::redirect_to(w, request, to);
        return true;
    }
    let mut path = Vec::new();
    match uri::parse_unsafe(&to, &mut path) {
        Ok(args) => {
            let args = args.unwrap_or_default().to_vec();
            let it = &mut w.requests[request];
            if it.method != Method::Head {
                it.method = Method::Get;
            }
            phases::redirect(w, request, path, args);
        }
        Err(_) => {
            let shown = String::from_utf8_lossy(&to).into_owned();
            let text = format_args!("unsafe URI \"{shown}\" was detected");
            log::error(w, request, Level::Error, text);
            respond::error(w, request, 404);
        }
    }
    true
}

/// What of the server's head goes with the answer all the same, as in nginx.
fn keep_fields(w: &mut Worker, id: UpstreamId, request: RequestId) -> Result<(), MatchError> {
    let force_ranges = w.location_of(request).upstream.force_ranges;
    let mut cookies = cookies::edited(w, id)?.into_iter();
    let Worker { requests, upstreams, .. } = w;
    let head = &upstreams[id].head;
    requests[request].rare.get_or_insert().handed_over = true;
    let response = &mut requests[request].response;
    for field in &head.fields {
        match field.id {
            Name::ContentType => {
                response.content_type.clear();
                response.content_type.extend_from_slice(head.value(field));
            }
            Name::AcceptRanges if force_ranges => {}
            Name::SetCookie => {
                let cookie = cookies.next().unwrap_or_default();
                response.add(head.name(field), &cookie);
            }
            Name::ContentDisposition | Name::CacheControl | Name::Expires | Name::AcceptRanges => {
                response.add_line(head, field)
            }
            _ => {}
        }
    }
    Ok(())
}

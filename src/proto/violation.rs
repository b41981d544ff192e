//! What a peer can do wrong, with the status that the client gets and nginx's words for the log.

use std::fmt;

macro_rules! violations {
    ($($(#[$doc:meta])* $name:ident $status:literal $words:literal;)+) => {
        /// The peer broke its protocol. A violation by an upstream has the status 502.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Violation {
            $($(#[$doc])* $name,)+
        }

        impl Violation {
            /// The status of the answer to the client.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }

            /// The words of the error log, without the details of the one case.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)+
                }
            }
        }
    };
}

violations! {
    InvalidMethod 400 "client sent invalid method";
    InvalidMethod09 400 "client sent invalid method in HTTP/0.9 request";
    /// An answer without a head would not be told from the rest of the one before.
    LateHttp09 400 "client sent HTTP/0.9 request behind another request";
    InvalidRequest 400 "client sent invalid request";
    InvalidVersion 505 "client sent invalid version";
    ConnectMethod 405 "client sent CONNECT method";
    TraceMethod 405 "client sent TRACE method";
    InvalidTargetHost 400 "client sent invalid host in request line";
    LongUri 414 "client sent too long URI";
    InvalidHeaderLine 400 "client sent invalid header line";
    LongHeaderLine 431 "client sent too long header line";
    LargeRequest 431 "client sent too large request";
    ManyHeaderLines 400 "client sent too many header lines";
    NoHost 400 "client sent HTTP/1.1 request without \"Host\" header";
    NoAuthority 400 "client sent neither \":authority\" nor \"Host\" header";
    InvalidHost 400 "client sent invalid host header";
    DuplicateHost 400 "client sent duplicate host header";
    DuplicateHeaderLine 400 "client sent duplicate header line";
    /// As the next two a code of nginx's, which `error_page` knows; the client gets 400.
    ClientCertificate 495 "client SSL certificate verify error";
    NoClientCertificate 496 "client sent no required SSL certificate";
    PlainToHttps 497 "client sent plain HTTP request to HTTPS port";
    OtherServerName 421
        "client attempted to request the server name different from the one that was negotiated";
    InvalidContentLength 400 "client sent invalid \"Content-Length\" header";
    LengthAndCoding 400
        "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time";
    CodingInHttp10 400 "client sent HTTP/1.0 request with \"Transfer-Encoding\" header";
    UnknownCoding 501 "client sent unknown \"Transfer-Encoding\"";
    InvalidCoding 400 "client sent invalid \"Transfer-Encoding\"";
    InvalidChunkedBody 400 "client sent invalid chunked body";
    LargeChunkedBody 413 "client intended to send too large chunked body";
    LargeChunkOverhead 431 "client sent too large chunk extensions or trailers";
    /// Matching `server_name` needed more steps than the engine allows.
    ServerNameLimit 500 "pcre2_match() failed: -47 on the name of the server";

    UpstreamNoHeader 502 "upstream sent no valid HTTP/1.0 header";
    UpstreamInvalidHeader 502 "upstream sent invalid header";
    UpstreamBigHeader 502 "upstream sent too big header";
    UpstreamManyHeaderLines 502 "upstream sent too many header lines";
    UpstreamDuplicateHeaderLine 502 "upstream sent duplicate header line";
    UpstreamInvalidContentLength 502 "upstream sent invalid \"Content-Length\" header";
    UpstreamLengthAndCoding 502
        "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time";
    UpstreamCodingInHttp10 502
        "upstream sent HTTP/1.0 response with \"Transfer-Encoding\" header";
    UpstreamUnknownCoding 502 "upstream sent unknown \"Transfer-Encoding\"";
    UpstreamManyInterim 502 "upstream sent too many interim responses";
    UpstreamUnexpected101 502 "upstream sent unexpected \"101\" response";
    UpstreamInvalidChunkedBody 502 "upstream sent invalid chunked response";
    UpstreamLargeChunkOverhead 502 "upstream sent too large chunk extensions or trailers";
    UpstreamInvalidStatus 502 "upstream sent invalid status";

    FastCgiVersion 502 "upstream sent unsupported FastCGI protocol version";
    FastCgiType 502 "upstream sent invalid FastCGI record type";
    FastCgiIdHigh 502 "upstream sent unexpected FastCGI request id high byte";
    FastCgiIdLow 502 "upstream sent unexpected FastCGI request id low byte";
    FastCgiUnexpected 502 "upstream sent unexpected FastCGI record";
    FastCgiStdoutClosed 502 "upstream prematurely closed FastCGI stdout";
    FastCgiRequestClosed 502 "upstream prematurely closed FastCGI request";
    FastCgiEndLength 502 "upstream sent FastCGI end request record of length";
    /// END_REQUEST with a protocol status other than `FCGI_REQUEST_COMPLETE`.
    FastCgiRefused 502 "upstream ended FastCGI request with protocol status";

    MemcachedResponse 502 "memcached sent invalid response";
    MemcachedKey 502 "memcached sent invalid key in response";
    MemcachedFlags 502 "memcached sent invalid flags in response";
    MemcachedLength 502 "memcached sent invalid length in response";
    MemcachedTrailer 502 "memcached sent invalid trailer";
}

impl Violation {
    /// It was found in the request line, not in the fields.
    pub const fn is_of_request_line(self) -> bool {
        use Violation::*;
        matches!(
            self,
            InvalidMethod
                | InvalidMethod09
                | LateHttp09
                | InvalidRequest
                | InvalidVersion
                | InvalidTargetHost
                | LongUri
        )
    }

    /// A field that may be there once was repeated.
    pub const fn is_duplicate(self) -> bool {
        matches!(self, Self::DuplicateHost | Self::DuplicateHeaderLine)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

//! What ends a stream or a connection (RFC 9113, 5.4 and 7).

macro_rules! codes {
    ($($name:ident $code:literal $text:literal;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum ErrorCode {
            $($name = $code,)+
        }

        impl ErrorCode {
            /// As the RFC spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// None: the RFC knows no such code.
            pub const fn of(code: u32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

codes! {
    NoError 0 "NO_ERROR";
    ProtocolError 1 "PROTOCOL_ERROR";
    InternalError 2 "INTERNAL_ERROR";
    FlowControlError 3 "FLOW_CONTROL_ERROR";
    SettingsTimeout 4 "SETTINGS_TIMEOUT";
    StreamClosed 5 "STREAM_CLOSED";
    FrameSizeError 6 "FRAME_SIZE_ERROR";
    RefusedStream 7 "REFUSED_STREAM";
    Cancel 8 "CANCEL";
    CompressionError 9 "COMPRESSION_ERROR";
    ConnectError 10 "CONNECT_ERROR";
    EnhanceYourCalm 11 "ENHANCE_YOUR_CALM";
    InadequateSecurity 12 "INADEQUATE_SECURITY";
    Http11Required 13 "HTTP_1_1_REQUIRED";
}

/// The client broke the protocol: `why` is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: ErrorCode,
    pub why: &'static str,
}

impl Error {
    pub(super) const fn new(code: ErrorCode, why: &'static str) -> Self {
        Self { code, why }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.why)
    }
}

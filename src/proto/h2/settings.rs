//! SETTINGS (RFC 9113, 6.5): what one end tells the other of itself.

use super::error::{Error, ErrorCode};
use super::frame::{self, MAX_PAYLOAD, MAX_WINDOW};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// SETTINGS_HEADER_TABLE_SIZE, in bytes.
    pub header_table: u32,
    /// SETTINGS_MAX_CONCURRENT_STREAMS
    pub max_streams: u32,
    /// SETTINGS_INITIAL_WINDOW_SIZE of streams, in bytes.
    pub initial_window: u32,
    /// SETTINGS_MAX_FRAME_SIZE, in bytes.
    pub max_frame: u32,
    /// SETTINGS_MAX_HEADER_LIST_SIZE, in bytes.
    pub max_header_list: u32,
    /// SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441)
    pub connect_protocol: bool,
}

impl Default for Settings {
    /// What holds until something else is said.
    fn default() -> Self {
        Self {
            header_table: 4096,
            max_streams: u32::MAX,
            initial_window: 65_535,
            max_frame: MAX_PAYLOAD as u32,
            max_header_list: u32::MAX,
            connect_protocol: false,
        }
    }
}

const HEADER_TABLE_SIZE: u16 = 1;
const ENABLE_PUSH: u16 = 2;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const MAX_HEADER_LIST_SIZE: u16 = 6;
const ENABLE_CONNECT_PROTOCOL: u16 = 8;
/// RFC 9218, 2.1.
const NO_RFC7540_PRIORITIES: u16 = 9;

impl Settings {
    /// Takes over what the payload of a frame says, in its order. Unknown ones are ignored.
    pub(super) fn apply(&mut self, payload: &[u8]) -> Result<(), Error> {
        use ErrorCode::*;
        let (settings, rest) = payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(Error::new(FrameSizeError, "client sent SETTINGS of incorrect length"));
        }
        for &[a, b, c, d, e, f] in settings {
            let (id, value) = (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]));
            match id {
                HEADER_TABLE_SIZE => self.header_table = value,
                MAX_CONCURRENT_STREAMS => self.max_streams = value,
                MAX_HEADER_LIST_SIZE => self.max_header_list = value,
                INITIAL_WINDOW_SIZE if i64::from(value) <= MAX_WINDOW => {
                    self.initial_window = value;
                }
                INITIAL_WINDOW_SIZE => {
                    let why = "client sent SETTINGS with too large INITIAL_WINDOW_SIZE";
                    return Err(Error::new(FlowControlError, why));
                }
                MAX_FRAME_SIZE if (MAX_PAYLOAD as u32..1 << 24).contains(&value) => {
                    self.max_frame = value;
                }
                MAX_FRAME_SIZE => {
                    let why = "client sent SETTINGS with incorrect MAX_FRAME_SIZE";
                    return Err(Error::new(ProtocolError, why));
                }
                ENABLE_PUSH | ENABLE_CONNECT_PROTOCOL | NO_RFC7540_PRIORITIES if value > 1 => {
                    let why = "client sent SETTINGS with a value that is neither 0 nor 1";
                    return Err(Error::new(ProtocolError, why));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Appends the frame that says what is not the default, and that priorities are those of RFC 9218.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let default = Self::default();
        let start = out.len();
        frame::put(frame::SETTINGS, 0, 0, &[], out);
        let mut put = |id: u16, value: u32, default: u32| {
            if value != default {
                out.extend_from_slice(&id.to_be_bytes());
                out.extend_from_slice(&value.to_be_bytes());
            }
        };
        put(HEADER_TABLE_SIZE, self.header_table, default.header_table);
        put(MAX_CONCURRENT_STREAMS, self.max_streams, default.max_streams);
        put(INITIAL_WINDOW_SIZE, self.initial_window, default.initial_window);
        put(MAX_FRAME_SIZE, self.max_frame, default.max_frame);
        put(MAX_HEADER_LIST_SIZE, self.max_header_list, default.max_header_list);
        put(ENABLE_CONNECT_PROTOCOL, u32::from(self.connect_protocol), 0);
        put(NO_RFC7540_PRIORITIES, 1, 0);
        // Fewer than 256 bytes.
        out[start + 2] = (out.len() - start - frame::HEAD) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(payload: &[u8]) -> Result<Settings, ErrorCode> {
        let mut settings = Settings::default();
        settings.apply(payload).map(|()| settings).map_err(|error| error.code)
    }

    #[test]
    fn in_and_out() {
        let ours = Settings { max_streams: 128, connect_protocol: true, ..Settings::default() };
        let mut out = vec![];
        ours.put(&mut out);
        assert_eq!(out, *b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x08\0\0\0\x01\0\x09\0\0\0\x01");
        let found = applied(&out[9..]).unwrap();
        assert_eq!(found, Settings { connect_protocol: false, ..ours });
        assert_eq!(applied(b"\0\x04\0\0\0\x01\0\x04\0\0\0\x02").unwrap().initial_window, 2);
        assert_eq!(applied(b"\x0a\x0a\xff\xff\xff\xff"), Ok(Settings::default()));
    }

    #[test]
    fn bounds() {
        use ErrorCode::*;
        for (payload, code) in [
            (&b"\0\x04\0\0\0"[..], FrameSizeError),
            (b"\0\x02\0\0\0\x02", ProtocolError),
            (b"\0\x08\0\0\0\x02", ProtocolError),
            (b"\0\x09\0\0\0\x02", ProtocolError),
            (b"\0\x04\x80\0\0\0", FlowControlError),
            (b"\0\x05\0\0\x3f\xff", ProtocolError),
            (b"\0\x05\x01\0\0\0", ProtocolError),
        ] {
            assert_eq!(applied(payload), Err(code), "{payload:x?}");
        }
        assert!(applied(b"\0\x04\x7f\xff\xff\xff\0\x05\0\xff\xff\xff").is_ok());
    }
}

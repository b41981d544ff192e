//! The mp4 module: how a part of a video is made.

use crate::settings;

settings! {
    /// The mp4 module, where `mp4` is.
    pub struct Mp4 / Mp4Raw {
        /// Bytes that are read at a time.
        buffer_size: usize = 512 << 10,
        /// Bytes that the box with the tables may have.
        max_buffer_size: usize = 10 << 20,
        start_key_frame: bool = false,
    }
}

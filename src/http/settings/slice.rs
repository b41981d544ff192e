//! `slice`: how long the parts are that a server is asked for.

use crate::settings;

settings! {
    /// The slice module.
    pub struct SliceSettings / SliceRaw {
        /// 0: a response is asked for whole.
        size: usize = 0,
    }
}

//! What a request keeps of its scripts. Without the feature `lua` a request has none.

use super::phase::Phase;
use crate::base::ids::RequestId;

#[cfg(feature = "lua")]
use mlua::{Table, Thread};

/// Of one request, from its first script on.
#[derive(Debug, Default)]
pub struct Task {
    /// `ngx.ctx`
    #[cfg(feature = "lua")]
    pub ctx: Option<Table>,
    /// The thread of the handler that waits for the result of an operation.
    #[cfg(feature = "lua")]
    pub waiting: Option<Thread>,
    /// The handler that has waited is over, and this is what the phases do next.
    #[cfg(feature = "lua")]
    pub over: Option<Over>,
    /// What `ngx.print` has given and the filters have not seen yet.
    pub out: Vec<u8>,
    /// That of the handler that waits.
    pub phase: Phase,
    /// `ngx.eof` was called.
    pub ended: bool,
    /// The subrequests whose ends the handler waits for, in the order of their results.
    pub captured: Vec<RequestId>,
    /// What `ngx.exit` was given where it ends no thread.
    pub exit: Option<i64>,
    /// Of `set_by_lua`: its arguments.
    pub args: Vec<Vec<u8>>,
    /// Of `body_filter_by_lua`: the piece, and whether it is the last.
    pub piece: Vec<u8>,
    pub is_last: bool,
    /// A filter has failed, or has asked for another answer: the filters do not see that.
    pub is_refused: bool,
    /// It has said that a piece is the last.
    pub is_over: bool,
}

/// What a handler that is over asks of the phases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    Next,
    Allow,
    Answered,
    End(u16),
}

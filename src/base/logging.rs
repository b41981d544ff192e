//! nginx's eight levels over the five of `log`, and the macros for those that `log` lacks.
//!
//! `error!`, `warn!`, `info!` and `debug!` are `log`'s own. The others travel as one of its levels with
//! nginx's name as the record's target: `notice` as `Info`, `crit`, `alert` and `emerg` as `Error`. A
//! target may go on with `/N`, the number of an `error_log` other than the main one.

use log::{Level, LevelFilter, Metadata};

/// nginx's levels, the gravest first, so that "at least as grave as" is `<=`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Emerg,
    Alert,
    Crit,
    Error,
    Warn,
    Notice,
    Info,
    Debug,
}

#[macro_export]
macro_rules! notice {
    ($($arg:tt)+) => { ::log::log!(target: "notice", ::log::Level::Info, $($arg)+) };
}

#[macro_export]
macro_rules! crit {
    ($($arg:tt)+) => { ::log::log!(target: "crit", ::log::Level::Error, $($arg)+) };
}

#[macro_export]
macro_rules! alert {
    ($($arg:tt)+) => { ::log::log!(target: "alert", ::log::Level::Error, $($arg)+) };
}

#[macro_export]
macro_rules! emerg {
    ($($arg:tt)+) => { ::log::log!(target: "emerg", ::log::Level::Error, $($arg)+) };
}

/// A line of any severity for the `error_log` of that number; 0 is the main one.
#[macro_export]
macro_rules! log_to {
    ($number:expr, $severity:expr, $($arg:tt)+) => {{
        let severity: $crate::base::logging::Severity = $severity;
        let level = severity.level();
        if level <= ::log::max_level() {
            ::log::log!(target: &severity.target($number), level, $($arg)+)
        }
    }};
}

impl Severity {
    pub const ALL: [Self; 8] = [
        Self::Emerg,
        Self::Alert,
        Self::Crit,
        Self::Error,
        Self::Warn,
        Self::Notice,
        Self::Info,
        Self::Debug,
    ];

    /// The name in `error_log FILE NAME` and in the brackets of a line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Emerg => "emerg",
            Self::Alert => "alert",
            Self::Crit => "crit",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }

    /// As which of `log`'s levels it travels.
    pub fn level(self) -> Level {
        match self {
            Self::Emerg | Self::Alert | Self::Crit | Self::Error => Level::Error,
            Self::Warn => Level::Warn,
            Self::Notice | Self::Info => Level::Info,
            Self::Debug => Level::Debug,
        }
    }

    /// The filter that lets everything of at least this severity through.
    pub fn filter(self) -> LevelFilter {
        self.level().to_level_filter()
    }

    pub fn target(self, number: u16) -> String {
        match number {
            0 => self.name().to_owned(),
            _ => format!("{}/{number}", self.name()),
        }
    }

    /// What a record says: its severity, and the number of the log that it is for.
    pub fn of(record: &Metadata<'_>) -> (Self, u16) {
        let target = record.target();
        let (name, number) = match target.split_once('/') {
            Some((name, number)) => (name, number.parse().ok()),
            None => (target, Some(0)),
        };
        if let (Some(severity), Some(number)) = (Self::from_name(name), number) {
            return (severity, number);
        }
        let severity = match record.level() {
            Level::Error => Self::Error,
            Level::Warn => Self::Warn,
            Level::Info => Self::Info,
            Level::Debug | Level::Trace => Self::Debug,
        };
        (severity, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Severity;
    use log::{Level, Metadata};

    #[test]
    fn names_go_both_ways() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_name(severity.name()), Some(severity));
        }
        assert_eq!(Severity::from_name("warning"), None);
    }

    #[test]
    fn a_record_keeps_nginx_level() {
        for severity in Severity::ALL {
            for number in [0, 7] {
                let target = severity.target(number);
                let record = Metadata::builder().target(&target).level(severity.level()).build();
                assert_eq!(Severity::of(&record), (severity, number));
            }
        }
        let foreign = Metadata::builder().target("mio::poll").level(Level::Trace).build();
        assert_eq!(Severity::of(&foreign), (Severity::Debug, 0));
    }
}

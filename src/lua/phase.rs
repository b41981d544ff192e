//! What runs a script.

macro_rules! phases {
    ($($phase:ident, $name:literal, $directive:literal;)+) => {
        /// In the order of a request's life, from `Set` to `Balancer`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
        pub enum Phase {
            #[default]
            $($phase,)+
        }

        impl Phase {
            /// As `ngx.get_phase` has it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$phase => $name,)+ }
            }

            /// As messages have it: `access_by_lua*`.
            pub fn directive(self) -> &'static str {
                match self { $(Self::$phase => $directive,)+ }
            }
        }
    };
}

phases! {
    Init, "init", "init_by_lua*";
    InitWorker, "init_worker", "init_worker_by_lua*";
    ExitWorker, "exit_worker", "exit_worker_by_lua*";
    Timer, "timer", "ngx.timer";
    Set, "set", "set_by_lua*";
    ServerRewrite, "server_rewrite", "server_rewrite_by_lua*";
    Rewrite, "rewrite", "rewrite_by_lua*";
    Access, "access", "access_by_lua*";
    Content, "content", "content_by_lua*";
    HeaderFilter, "header_filter", "header_filter_by_lua*";
    BodyFilter, "body_filter", "body_filter_by_lua*";
    Log, "log", "log_by_lua*";
    Balancer, "balancer", "balancer_by_lua*";
}

impl Phase {
    /// It can answer the request.
    pub fn answers(self) -> bool {
        (Self::ServerRewrite..=Self::Content).contains(&self)
    }

    /// The head of the answer can still be changed.
    pub fn is_before_body(self) -> bool {
        (Self::Set..=Self::HeaderFilter).contains(&self)
    }

    pub fn has_request(self) -> bool {
        self >= Self::Set
    }

    /// Its scripts run in a thread of their own, which may wait.
    pub fn yields(self) -> bool {
        self.answers() || self == Self::Timer
    }
}

//! The directives of the otel module that need no exporter.

use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::otel::Context;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "otel_trace_context",
    places: HERE,
    args: Args::ONE,
    set: Set::Own(trace_context),
}];

fn trace_context(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let choices = [
        ("ignore", Context::IGNORE),
        ("extract", Context::EXTRACT),
        ("inject", Context::INJECT),
        ("propagate", Context::PROPAGATE),
    ];
    fill(&mut l.otel.context, || choice(&line.words[1], &choices))
}

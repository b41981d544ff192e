//! `ngx.location.capture`: subrequests whose answers a script takes.

use mlua::{Lua, MultiValue, Table, Value};

use super::Link;
use super::api::{Call, args, disabled, fields, request, with};
use super::run::task_of;
use super::wait::{self, Begun};
use crate::http::slots::SetTarget;
use crate::http::subrequest::Role;
use crate::http::vars::Var;
use crate::lua::phase::Phase;
use crate::lua::values::{self, none, raised};
use crate::modules::rewrite;
use crate::proto::Method;
use crate::serve::subrequest::{self, Asked};
use crate::worker::{RequestId, Worker};

/// Called by functions of the prelude.
pub(super) const NATIVE: &[(&str, Call)] = &[("capture", start)];

/// How many subrequests one call may start.
const MOST: usize = 200;

/// Names and values.
type Variables = Vec<(Vec<u8>, Vec<u8>)>;

/// One subrequest, as the options say it.
struct Options {
    uri: Vec<u8>,
    args: Vec<u8>,
    method: Option<&'static str>,
    body: Option<Vec<u8>>,
    ctx: Option<Table>,
    vars: Variables,
    copies: bool,
    shares: bool,
    forwards: bool,
}

/// Starts the subrequests of an array of `{uri, options}`.
fn start(lua: &Lua, link: &Link, given: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let Some(Value::Table(requests)) = given.front() else { return none() };
    if requests.raw_len() > MOST {
        return raised(lua, "too many subrequests");
    }
    let mut all = vec![];
    for at in 1..=requests.raw_len() {
        let Ok(Value::Table(pair)) = requests.raw_get::<Value>(at) else {
            return raised(lua, "bad subrequest: a table expected");
        };
        match options(lua, &pair) {
            Ok(options) => all.push(options),
            Err(why) => return raised(lua, why),
        }
    }
    let started = with(link, |w, id| {
        let mut children = vec![];
        for options in all {
            match begin(w, id, options) {
                Ok(child) => children.push(child),
                Err(why) => {
                    children.iter().for_each(|child| subrequest::abandon(w, *child));
                    return Err(why);
                }
            }
        }
        task_of(w, id).captured = children;
        Ok(())
    });
    match started {
        Some(Ok(())) => none(),
        Some(Err(why)) => raised(lua, why),
        None => raised(lua, "no request found"),
    }
}

fn options(lua: &Lua, pair: &Table) -> Result<Options, String> {
    let get = |at: usize| pair.raw_get::<Value>(at).unwrap_or(Value::Nil);
    let uri = values::text(lua, &get(1)).filter(|uri| !uri.is_empty());
    let uri = uri.ok_or("bad argument #1 to 'capture' (a uri expected)")?;
    let mut out = Options {
        uri,
        args: vec![],
        method: None,
        body: None,
        ctx: None,
        vars: vec![],
        copies: false,
        shares: false,
        forwards: false,
    };
    let given = match get(2) {
        Value::Nil => {
            (out.uri, out.args) = args::split(out.uri, &[]);
            return Ok(out);
        }
        Value::Table(given) => given,
        other => {
            return Err(format!(
                "bad argument #2 to 'capture' (table expected, got {})",
                other.type_name()
            ));
        }
    };
    let get = |name: &str| given.get::<Value>(name).unwrap_or(Value::Nil);
    let more = match get("args") {
        Value::Nil => vec![],
        Value::Table(table) => args::encode(lua, &table)?,
        other => values::text(lua, &other).ok_or("Bad args option value")?,
    };
    (out.uri, out.args) = args::split(out.uri, &more);
    out.method = match get("method") {
        Value::Nil => None,
        Value::Integer(number) => Some(request::method(number).ok_or("Bad http request method")?),
        Value::Number(number) => {
            Some(request::method(number as i64).ok_or("Bad http request method")?)
        }
        _ => return Err("Bad http request method".to_owned()),
    };
    out.body = match get("body") {
        Value::Nil => None,
        other => Some(values::text(lua, &other).ok_or("Bad http request body")?),
    };
    out.ctx = match get("ctx") {
        Value::Nil => None,
        Value::Table(ctx) => Some(ctx),
        _ => return Err("Bad ctx option value type".to_owned()),
    };
    if let Value::Table(vars) = get("vars") {
        out.vars = variables(lua, &vars)?;
    }
    let is = |name| matches!(get(name), Value::Boolean(true));
    (out.copies, out.shares) = (is("copy_all_vars"), is("share_all_vars"));
    out.forwards = is("always_forward_body");
    Ok(out)
}

/// The names, in lower case, and values of `vars`.
fn variables(lua: &Lua, given: &Table) -> Result<Variables, String> {
    let mut all = vec![];
    for pair in given.pairs::<Value, Value>() {
        let (name, value) = pair.map_err(|e| e.to_string())?;
        let name = values::text(lua, &name)
            .ok_or("attempt to use a non-string key in the \"vars\" option table")?;
        let value = values::text(lua, &value).ok_or("attempt to use bad variable value type")?;
        all.push((name.to_ascii_lowercase(), value));
    }
    Ok(all)
}

fn begin(w: &mut Worker, id: RequestId, options: Options) -> Result<RequestId, String> {
    let role = Role::Captured { shares: options.shares };
    let asked = Asked { uri: &options.uri, args: &options.args, role, is_copy: false };
    let child = subrequest::start(w, id, &asked).ok_or("failed to issue subrequest")?;
    let name = options.method.unwrap_or("GET");
    let it = &mut w.requests[child].it;
    it.set_method(name.as_bytes());
    let forwards = options.forwards || matches!(it.method, Method::Post | Method::Put);
    match options.body {
        Some(body) => it.body.set(body),
        None if forwards => subrequest::copy_body(w, id, child),
        None => {}
    }
    if options.copies {
        let holder = crate::serve::downstream::of_variables(w, id);
        let slots = w.requests[holder].slots.clone();
        w.requests[child].slots = slots;
    }
    for (name, value) in &options.vars {
        let Some(Var::Set(slot)) = w.conf.http.by_name.get(name.as_slice()) else {
            subrequest::abandon(w, child);
            let name = String::from_utf8_lossy(name);
            return Err(format!("variable \"{name}\" cannot be assigned a value"));
        };
        rewrite::store(w, child, SetTarget::Slot(*slot), value);
    }
    if let Some(ctx) = options.ctx {
        task_of(w, child).ctx = Some(ctx);
    }
    Ok(child)
}

/// The handler waits for the ends of what was started.
pub(super) fn wait(w: &mut Worker, id: RequestId, phase: Phase) -> Begun {
    task_of(w, id).phase = phase;
    wait::watch(w, id);
    w.requests[id].write = ended;
    Begun::Waits
}

/// A write handler: when all have ended their answers are the results.
fn ended(w: &mut Worker, id: RequestId) {
    let Some(task) = w.requests.get(id).and_then(|it| it.rare.lua.as_ref()) else { return };
    let is_due = |child: &RequestId| w.requests.get(*child).is_none_or(|it| it.outcome.is_some());
    if !task.captured.iter().all(is_due) {
        return;
    }
    let Some(state) = w.lua.clone() else { return };
    w.requests[id].write = crate::worker::rest;
    let children = std::mem::take(&mut task_of(w, id).captured);
    let mut results = vec![];
    for child in children {
        let result = result(&state.vm.lua, w, child).unwrap_or(Value::Nil);
        results.push(result);
        if w.requests.get(child).is_some() {
            subrequest::free(w, child);
        }
    }
    wait::resume(w, id, MultiValue::from_vec(results));
}

/// `status`, `header`, `body`, `truncated`
fn result(lua: &Lua, w: &mut Worker, child: RequestId) -> mlua::Result<Value> {
    let table = lua.create_table()?;
    let header = lua.create_table()?;
    let Some(request) = w.requests.get_mut(child) else { return Ok(Value::Table(table)) };
    let response = &request.it.response;
    let status = if response.status == 0 { 500 } else { response.status };
    table.raw_set("status", status)?;
    for (name, value) in fields::of_response(response) {
        let (name, value) = (lua.create_string(name)?, lua.create_string(value)?);
        fields::put(lua, &header, Value::String(name), Value::String(value))?;
    }
    table.raw_set("header", header)?;
    let is_whole = request.outcome == Some(crate::http::request::Outcome::Done);
    table.raw_set("body", lua.create_string(&request.it.ctx().body)?)?;
    table.raw_set("truncated", !is_whole)?;
    Ok(Value::Table(table))
}

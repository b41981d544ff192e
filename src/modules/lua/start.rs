//! The state of a configuration: its library, its scripts, `init_by_lua`; and the scripts of a worker's life.

use std::cell::Cell;
use std::fs;
use std::rc::Rc;

use mlua::{Function, Lua, Table};

use super::{Link, State, api, is_used, timers};
use crate::http::conf::Conf;
use crate::http::settings::lua::{Lua as Settings, Script, Source};
use crate::lua::phase::Phase;
use crate::lua::state::{self, Current};
use crate::lua::vm::Vm;
use crate::os::lend::Lent;
use crate::shared::zones::Zones;
use crate::worker::Worker;

/// The state that workers of the configuration inherit; none if it has no scripts. Error: a script cannot be compiled.
/// `init`: `init_by_lua` runs.
pub fn make(conf: &Conf, zones: &Zones, init: bool) -> Result<Option<Rc<State>>, String> {
    if !is_used(conf) {
        return Ok(None);
    }
    let settings = &conf.http.lua;
    let (vm, link, body) = build(conf, zones)
        .map_err(|e| format!("failed to initialize Lua VM: {}", state::words(&e)))?;
    let mut scripts = vec![];
    for script in &settings.scripts {
        scripts.push(compile(&vm.lua, script)?);
    }
    let state = Rc::new(State::new(vm, link, scripts, body));
    if let Some(script) = settings.init.filter(|_| init) {
        call(&state, script, Phase::Init).map_err(|words| format!("init_by_lua error: {words}"))?;
    }
    Ok(Some(state))
}

fn build(conf: &Conf, zones: &Zones) -> mlua::Result<(Vm, Rc<Link>, Function)> {
    let settings = &conf.http.lua;
    let vm = Vm::new()?;
    let link = Rc::new(Link {
        worker: Lent::default(),
        current: Cell::default(),
        number: Cell::default(),
        timers: Cell::default(),
        next_timer: Cell::default(),
        zones: zones.clone(),
    });
    let body = api::install(&vm.lua, &link, conf)?;
    if settings.memory_limit > 0 {
        vm.limit_memory(settings.memory_limit)?;
    }
    Ok((vm, link, body))
}

/// None: a file whose name is known when it runs, or that cannot be read now.
fn compile(lua: &Lua, script: &Script) -> Result<Option<Function>, String> {
    match &script.source {
        Source::Inline(code) => match state::compile(lua, code, &script.chunk) {
            Ok(function) => Ok(Some(function)),
            Err(words) => Err(format!("failed to load inlined Lua code: {words} in {}", script.at)),
        },
        Source::File(path) => match fs::read(path) {
            Ok(code) => match state::compile(lua, &code, &script.chunk) {
                Ok(function) => Ok(Some(function)),
                Err(words) => {
                    let path = path.display();
                    Err(format!(
                        "failed to load external Lua file \"{path}\": {words} in {}",
                        script.at
                    ))
                }
            },
            Err(_) => Ok(None),
        },
        Source::FileNamed(_) => Ok(None),
    }
}

/// The worker with this number begins: it has the state from now on, and `init_worker_by_lua` runs.
pub fn start_worker(w: &mut Worker, state: Option<Rc<State>>, number: usize) {
    let Some(state) = state else { return };
    state.link.number.set(Some(number));
    w.lua = Some(state);
    run_for_worker(w, w.conf.http.lua.init_worker, Phase::InitWorker);
}

/// Runs `exit_worker_by_lua`.
pub fn exit_worker(w: &mut Worker) {
    timers::end(w);
    run_for_worker(w, w.conf.http.lua.exit_worker, Phase::ExitWorker);
}

fn run_for_worker(w: &mut Worker, script: Option<u32>, phase: Phase) {
    let (Some(state), Some(script)) = (w.lua.clone(), script) else { return };
    let result = state.link.worker.lend(w, || call(&state, script, phase));
    if let Err(words) = result {
        log::error!("{} error: {words}", phase.directive().trim_end_matches('*'));
    }
}

/// Runs a script that belongs to no request.
fn call(state: &State, script: u32, phase: Phase) -> Result<(), String> {
    let Some(function) = state.script(script) else {
        return Err("the file cannot be read".to_owned());
    };
    let former = state.link.current.replace(Current { request: None, phase });
    let result = function.call::<()>(()).map_err(|e| state::words(&e));
    state.link.current.set(former);
    result
}

/// Where Debian keeps modules, behind LuaJIT's own places.
const MORE: &str = ";/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";

/// `package.path`: `;;` stands for the default.
pub(super) fn set_package_path(lua: &Lua, settings: &Settings) -> mlua::Result<()> {
    let package: Table = lua.globals().get("package")?;
    let built_in: mlua::LuaString = package.get("path")?;
    let default = format!("{}{MORE}", built_in.to_string_lossy());
    let Some(path) = &settings.package_path else { return package.set("path", default) };
    let text = String::from_utf8_lossy(path);
    let whole = match text.contains(";;") {
        true => text.replacen(";;", &format!(";{default};"), 1),
        false => text.into_owned(),
    };
    package.set("path", whole.trim_matches(';'))
}

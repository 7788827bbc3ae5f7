//! Apps to test with, programs that play the sidecar badly, and a database.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{
    INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets,
};
use tauri::utils::acl::ExecutionContext;
use tauri::utils::config::AppDirectoriesOverride;
use tauri::webview::InvokeRequest;
use tauri::{App, Listener, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_oracle_sidecar::{
    Builder, Endpoint, Error, OracleSidecar, OracleSidecarExt, STATUS_EVENT,
};
use tempfile::TempDir;

/// Only for what never comes: a machine may be slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// An app with one window, its plugin, and all that its status events said.
pub struct TestApp {
    pub app: App<MockRuntime>,
    pub window: WebviewWindow<MockRuntime>,
    /// Its data and logs; and room for programs of the test's own.
    pub folder: TempDir,
    events: mpsc::Receiver<Value>,
    pub stop_at_end: StopAtEnd,
}

impl TestApp {
    /// With the real sidecar.
    pub fn new() -> Self {
        Self::with(Builder::new())
    }

    /// With the real sidecar, unless the builder names another program later than this does.
    pub fn with(builder: Builder) -> Self {
        Self::of(builder.program(sidecar_program()))
    }

    /// With a shell script in the sidecar's place.
    pub fn with_script(builder: Builder, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = write_script(&folder.path().join("sidecar.sh"), script);
        Self::in_folder(builder.program(program), folder)
    }

    pub fn of(builder: Builder) -> Self {
        Self::in_folder(builder, tempfile::tempdir().unwrap())
    }

    pub fn in_folder(builder: Builder, folder: TempDir) -> Self {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            tell(panic);
            // A task's panic is nobody's to notice.
            if std::thread::current().name() == Some("tokio-rt-worker") {
                std::process::abort();
            }
        }));
        let mut context = mock_context(noop_assets());
        context.config_mut().app.app_directories_override =
            Some(AppDirectoriesOverride::Root(folder.path().to_path_buf()));
        for command in [
            "start_oracle_sidecar",
            "stop_oracle_sidecar",
            "check_oracle_sidecar_status",
            "get_oracle_sidecar_url",
        ] {
            context.runtime_authority_mut().__allow_command(
                format!("plugin:oracle-sidecar|{command}"),
                ExecutionContext::Local,
            );
        }
        let app = mock_builder()
            .plugin(builder.build())
            .build(context)
            .unwrap();
        let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default())
            .build()
            .unwrap();
        let (sender, events) = mpsc::channel();
        app.listen_any(STATUS_EVENT, move |event| {
            // The test may be over.
            let _ = sender.send(serde_json::from_str(event.payload()).unwrap());
        });
        Self {
            stop_at_end: StopAtEnd(app.oracle_sidecar().clone()),
            app,
            window,
            folder,
            events,
        }
    }

    pub fn sidecar(&self) -> OracleSidecar {
        self.app.oracle_sidecar().clone()
    }

    pub fn start(&self) -> Result<Endpoint, Error> {
        tauri::async_runtime::block_on(self.sidecar().start())
    }

    pub fn stop(&self) {
        tauri::async_runtime::block_on(self.sidecar().stop());
    }

    /// What the page gets from a command of the plugin.
    pub fn invoke(&self, command: &str) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: format!("plugin:oracle-sidecar|{command}"),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: InvokeBody::default(),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().unwrap())
    }

    /// The next status event.
    pub fn event(&self) -> Value {
        self.events
            .recv_timeout(PATIENCE)
            .expect("no more status events came")
    }

    /// What the next status event says in one word.
    pub fn word(&self) -> String {
        self.event()["status"].as_str().unwrap().to_owned()
    }

    /// The words of the status events up to this one.
    pub fn events_until(&self, last: &str) -> Vec<String> {
        let mut seen = Vec::new();
        while seen.last().is_none_or(|word| word != last) {
            seen.push(self.word());
        }
        seen
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("logs/oracle-sidecar.log")).unwrap()
    }
}

/// The app lives on in its tasks: what a test did not stop would stay until the last test has ended.
pub struct StopAtEnd(OracleSidecar);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        tauri::async_runtime::block_on(self.0.stop());
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The real sidecar.
pub fn sidecar_program() -> PathBuf {
    static SOURCE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    if let Some(program) = env::var_os("ORACLE_SIDECAR_PROGRAM") {
        return program.into();
    }
    let (_, program) = SOURCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let python = root().join(".venv/bin/python");
        let source = root().join("sidecar.py");
        let script = format!("exec '{}' '{}' \"$@\"", python.display(), source.display());
        let program = write_script(&folder.path().join("oracle-sidecar"), &script);
        (folder, program)
    });
    program.clone()
}

/// Written by another process: where this one has the file open while it starts a third, it cannot be executed.
pub fn write_script(path: &Path, script: &str) -> PathBuf {
    let status = Command::new("sh")
        .args([
            "-c",
            "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"",
            "sh",
            script,
        ])
        .arg(path)
        .status()
        .unwrap();
    assert!(status.success());
    path.to_path_buf()
}

/// One request to a sidecar; status and body.
pub fn request(endpoint: &Endpoint, line: &str, body: &Value) -> (u16, Value) {
    request_with(&endpoint.url, Some(endpoint.token.expose()), line, body).unwrap()
}

pub fn request_with(
    url: &str,
    token: Option<&str>,
    line: &str,
    body: &Value,
) -> std::io::Result<(u16, Value)> {
    let host = url.strip_prefix("http://").unwrap();
    let body = body.to_string();
    let authorization = token.map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: {host}\r\n{authorization}Content-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("no status"))?;
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// The process that answers there.
pub fn pid_of(url: &str) -> Pid {
    let (status, health) = request_with(url, None, "GET /health", &json!({})).unwrap();
    assert_eq!(status, 200);
    pid(i32::try_from(health["pid"].as_i64().unwrap()).unwrap())
}

pub fn pid(number: i32) -> Pid {
    Pid::from_raw(number).unwrap()
}

pub fn kill(process: Pid, signal: Signal) {
    kill_process(process, signal).unwrap();
}

/// Whether it is there and not just unreaped: not every machine's first process reaps orphans at once.
pub fn is_running(process: Pid) -> bool {
    stat(process).is_some_and(|(state, _)| state != "Z")
}

pub fn parent_of(process: Pid) -> Pid {
    pid(stat(process).unwrap().1)
}

/// Its state and its parent: proc(5).
fn stat(process: Pid) -> Option<(String, i32)> {
    let path = format!("/proc/{}/stat", process.as_raw_nonzero());
    let stat = std::fs::read_to_string(path).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// Wait for what nothing else tells of; how long it took.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    begun.elapsed()
}

/// The stand-in database.
pub struct Database {
    process: Child,
    pub port: u16,
}

impl Database {
    pub fn start() -> Self {
        let mut process = Command::new(root().join(".venv/bin/python"))
            .args(["-m", "tests.fake_oracle"])
            .current_dir(root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self {
            process,
            port: u16::try_from(ready["port"].as_u64().unwrap()).unwrap(),
        }
    }

    pub fn query(&self, sql: &str) -> Value {
        json!({
            "connection": {
                "connect_string": format!("127.0.0.1:{}/DEV", self.port),
                "username": "compare",
                "password": "compare_pw",
            },
            "sql": sql,
        })
    }

    /// End it; what it counted.
    pub fn counts(mut self) -> Value {
        kill(Pid::from_child(&self.process), Signal::TERM);
        let mut said = String::new();
        self.process
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(self.process.wait().unwrap().signal(), None);
        serde_json::from_str(said.lines().last().unwrap()).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // It is over already where its counts were asked for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

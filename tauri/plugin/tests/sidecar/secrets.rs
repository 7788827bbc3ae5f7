//! The token: who has it, and where it does not stand.

use std::fmt::Write;
use std::sync::{Mutex, Once};

use serde_json::json;
use tauri_plugin_oracle_sidecar::{Builder, Endpoint};

use crate::support::{Database, TestApp, is_running, pid_of, request, request_with};

static LOGGED: Mutex<String> = Mutex::new(String::new());

/// Keeps what the whole test program logs.
struct Keeper;

impl log::Log for Keeper {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let mut logged = LOGGED.lock().unwrap();
        writeln!(logged, "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

fn keep_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Keeper).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

#[test]
fn the_token_stands_in_no_argument_no_log_and_no_event() {
    keep_the_log();
    let database = Database::start();
    let app = TestApp::with(Builder::new().args(["--log-level", "debug"]));
    let endpoint = app.start().unwrap();
    let token = endpoint.token.expose();
    let query = database.query("SELECT 1 FROM dual");
    assert_eq!(request(&endpoint, "POST /query", &query).0, 200);

    let process = pid_of(&endpoint.url).as_raw_nonzero();
    let arguments = std::fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap();
    assert!(arguments.contains("--parent-pid"), "{arguments}");
    assert!(!arguments.contains(token));

    app.stop();
    assert!(!app.log().contains(token));
    let logged = LOGGED.lock().unwrap().clone();
    assert!(logged.contains("the sidecar is Ready"), "{logged}");
    assert!(!logged.contains(token));
    loop {
        let event = app.event();
        assert!(!event.to_string().contains(token));
        if event["status"] == "stopped" {
            break;
        }
    }
    assert!(!format!("{endpoint:?} {app:?}", app = app.sidecar()).contains(token));
}

fn status_with(endpoint: &Endpoint, token: Option<&str>, line: &str) -> u16 {
    request_with(&endpoint.url, token, line, &json!({}))
        .unwrap()
        .0
}

#[test]
fn a_stranger_s_token_is_refused_for_every_request_and_for_the_end() {
    let app = TestApp::new();
    let endpoint = app.start().unwrap();
    let process = pid_of(&endpoint.url);
    for token in [None, Some("stranger"), Some(&endpoint.token.expose()[1..])] {
        assert_eq!(status_with(&endpoint, token, "GET /pools"), 401);
        assert_eq!(status_with(&endpoint, token, "POST /shutdown"), 401);
    }
    assert_eq!(
        status_with(&endpoint, Some(endpoint.token.expose()), "GET /pools"),
        200
    );
    assert!(is_running(process));
    app.stop();
    assert!(!is_running(process));
}

//! Programs that do not become ready, and what is said of them.

use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use tauri_plugin_oracle_sidecar::{Builder, Error, ErrorCode, Phase};

use crate::support::{TestApp, is_running, pid, until};

fn failure_of(script: &str) -> Error {
    TestApp::with_script(Builder::new(), script)
        .start()
        .unwrap_err()
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let app = TestApp::of(Builder::new().program("/nowhere/oracle-sidecar"));
    let error = app.start().unwrap_err();
    assert_eq!(error.code, ErrorCode::SidecarNotFound);
    assert!(
        error.message.contains("/nowhere/oracle-sidecar"),
        "{}",
        error.message
    );
    assert_eq!(app.sidecar().status().status, Phase::Failed);
}

#[test]
fn a_file_that_cannot_be_executed_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("oracle-sidecar");
    std::fs::write(&program, "text").unwrap();
    let app = TestApp::of(Builder::new().program(&program));
    let error = app.start().unwrap_err();
    assert_eq!(error.code, ErrorCode::SidecarStartFailed);
    assert!(
        error.message.contains(&program.display().to_string()),
        "{}",
        error.message
    );
    assert!(error.message.contains("denied"), "{}", error.message);
}

#[test]
fn a_program_that_says_nothing_is_given_up_and_gone_with_all_of_its_children() {
    let script = "sleep 1000 & echo $$ $! > \"$0.pids\"; wait";
    // Long enough for it to have written its numbers on a busy machine.
    let limit = Duration::from_secs(5);
    let app = TestApp::with_script(Builder::new().start_limit(limit), script);
    let begun = Instant::now();
    let error = app.start().unwrap_err();
    assert_eq!(error.code, ErrorCode::SidecarStartTimedOut);
    assert_eq!(
        error.message,
        "The sidecar did not say within 5s that it is ready."
    );
    assert!(begun.elapsed() >= limit);
    let pids = std::fs::read_to_string(app.folder.path().join("sidecar.sh.pids")).unwrap();
    for process in pids.split_whitespace() {
        let process = pid(process.parse().unwrap());
        // Only the first one's end was waited for; the other was killed at the same moment.
        until("it is gone", || !is_running(process));
    }
}

#[test]
fn a_program_that_ends_before_it_is_ready_fails_at_once_with_the_last_line_it_wrote() {
    let begun = Instant::now();
    let error = failure_of("echo 'first' >&2; echo 'it lacks a library' >&2; echo >&2; exit 127");
    assert_eq!(error.code, ErrorCode::SidecarStartFailed);
    assert_eq!(
        error.message,
        "The sidecar ended before it was ready (exit status: 127): it lacks a library"
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_program_that_logs_into_its_file_alone_fails_with_the_last_line_there() {
    let script = r#"while [ "$1" != --log-file ]; do shift; done
        echo 'of no account' >> "$2"; echo 'MemoryError' >> "$2"; exit 1"#;
    assert!(
        failure_of(script)
            .message
            .ends_with("(exit status: 1): MemoryError")
    );
}

#[test]
fn a_program_that_ends_fails_at_once_though_a_child_of_its_holds_its_pipes() {
    let begun = Instant::now();
    let error = failure_of("sleep 30 & echo 'gone' >&2; exit 3");
    assert_eq!(
        error.message,
        "The sidecar ended before it was ready (exit status: 3): gone"
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_is_no_ready_line_is_quoted_and_cut() {
    let error = failure_of("echo Welcome to another program; exec cat");
    assert_eq!(error.code, ErrorCode::SidecarStartFailed);
    assert_eq!(
        error.message,
        "The program said something else than a sidecar's ready line: Welcome to another program"
    );
    let error = failure_of("head -c 1000000 /dev/zero | tr '\\0' x; echo; exec cat");
    assert!(error.message.ends_with("xxx…"), "{}", error.message);
    assert!(error.message.len() < 400);
}

#[test]
fn the_sidecar_s_own_reason_is_told() {
    let app = TestApp::with(Builder::new().args(["--query-timeout", "soon"]));
    let error = app.start().unwrap_err();
    assert_eq!(error.code, ErrorCode::SidecarStartFailed);
    assert!(
        error.message.contains("(exit status: 2): oracle-sidecar: "),
        "{}",
        error.message
    );
    assert!(
        error.message.contains("must be a number of seconds"),
        "{}",
        error.message
    );
}

#[test]
fn a_port_that_a_stranger_holds_is_a_failed_start_and_the_stranger_is_let_alone() {
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let (mut caller, _) = stranger.accept().unwrap();
        let mut asked = [0; 4096];
        let length = caller.read(&mut asked).unwrap();
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    let app = TestApp::with(Builder::new().args(["--port", &port.to_string()]));
    let error = app.start().unwrap_err();
    assert_eq!(error.code, ErrorCode::SidecarStartFailed);
    assert!(
        error.message.contains(&format!("port {port} is taken")),
        "{}",
        error.message
    );
    // The sidecar asks whether another sidecar is there, to say so. Nobody asks it to end.
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("GET /health "), "{asked}");
    assert!(!asked.contains("Authorization"), "{asked}");
}

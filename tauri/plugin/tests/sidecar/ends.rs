//! How the app may end, and that the sidecar is gone with it.

use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use tauri::RunEvent;
use tauri_plugin_oracle_sidecar::{Builder, ErrorCode, OracleSidecarExt, Phase};

use crate::support::{TestApp, is_running, kill, pid_of, until};

/// What the sidecar promises where its parent is gone; and what a busy machine may need beyond that.
const GONE: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_secs(5);
/// What an app's end may take at worst: two seconds, and what killing takes.
const EXIT: Duration = Duration::from_millis(2500);

const OWNER: &str = "SIDECAR_TEST_OWNER";
const PANIC: &str = "the owner panics";

/// Not a test by itself: run again by the tests below, it is the process that owns a sidecar.
#[test]
fn owner() {
    if std::env::var_os(OWNER).is_none() {
        return;
    }
    let app = TestApp::new();
    println!("\nurl {}", app.start().unwrap().url);
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    if line.trim() == "panic" {
        // Not by unwinding, which would end it in order.
        std::panic::set_hook(Box::new(|_| {
            println!("{PANIC}");
            std::process::abort();
        }));
        panic!("{PANIC}");
    }
    std::process::exit(0);
}

struct Owner {
    process: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    sidecar: Pid,
}

impl Owner {
    fn start() -> Self {
        Self::start_with("", "")
    }

    fn start_with(variable: &str, value: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "ends::owner", "--nocapture"])
            .env(OWNER, "1");
        if !variable.is_empty() {
            command.env(variable, value);
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines
                .next()
                .expect("it ended before its sidecar was ready")
                .unwrap();
            if let Some(url) = line.strip_prefix("url ") {
                break url.to_owned();
            }
        };
        Self {
            sidecar: pid_of(&url),
            process,
            stdin,
            lines,
        }
    }

    fn expect_sidecar_gone(&self) {
        let took = until("the sidecar is gone", || !is_running(self.sidecar));
        assert!(took < GONE + GRACE, "gone after {took:?}");
    }
}

#[test]
fn the_sidecar_of_a_killed_app_is_gone_within_two_seconds() {
    let mut owner = Owner::start();
    owner.process.kill().unwrap();
    owner.process.wait().unwrap();
    owner.expect_sidecar_gone();
}

#[test]
fn the_sidecar_of_a_terminated_app_is_gone_within_two_seconds() {
    let mut owner = Owner::start();
    kill(Pid::from_child(&owner.process), Signal::TERM);
    owner.process.wait().unwrap();
    owner.expect_sidecar_gone();
}

#[test]
fn the_sidecar_of_an_app_that_panicked_is_gone_within_two_seconds() {
    let mut owner = Owner::start();
    owner.stdin.write_all(b"panic\n").unwrap();
    let status = owner.process.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(owner.lines.any(|line| line.unwrap() == PANIC));
    owner.expect_sidecar_gone();
}

#[test]
fn the_sidecar_of_an_app_that_exits_by_itself_is_gone_within_two_seconds() {
    let mut owner = Owner::start();
    owner.stdin.write_all(b"exit\n").unwrap();
    owner.process.wait().unwrap();
    owner.expect_sidecar_gone();
}

#[test]
fn the_environment_of_the_app_s_user_sets_nothing_of_the_sidecar() {
    let owner = Owner::start_with("ORACLE_SIDECAR_ALLOW_WRITE", "1");
    let sidecar = owner.sidecar.as_raw_nonzero();
    let environment = std::fs::read_to_string(format!("/proc/{sidecar}/environ")).unwrap();
    assert!(environment.contains("ORACLE_SIDECAR_TOKEN="));
    assert!(!environment.contains("ORACLE_SIDECAR_ALLOW_WRITE"));
    drop(owner.stdin);
}

/// Run the app, close its only window, and see it to its end; how long that took.
fn close_and_exit(app: TestApp) -> Duration {
    // What stops the sidecar at a test's end is not to stop it here.
    std::mem::forget(app.stop_at_end);
    let begun = Instant::now();
    let window = app.window;
    app.app.run_return(move |_, event| {
        if let RunEvent::Ready = event {
            window.close().unwrap();
        }
    });
    begun.elapsed()
}

#[test]
fn the_sidecar_is_gone_when_the_app_has_exited_after_its_last_window_closed() {
    let app = TestApp::new();
    let sidecar = pid_of(&app.start().unwrap().url);
    let handle = app.app.handle().clone();
    let took = close_and_exit(app);
    until("it is gone", || !is_running(sidecar));
    assert!(took < EXIT + GRACE, "{took:?}");
    println!("an idle sidecar's end: {took:?}");
    let started = tauri::async_runtime::block_on(handle.oracle_sidecar().start());
    assert_eq!(started.unwrap_err().code, ErrorCode::SidecarStopped);
}

#[test]
fn an_app_that_exits_does_not_wait_longer_for_a_sidecar_that_hangs() {
    let app = TestApp::new();
    let sidecar = pid_of(&app.start().unwrap().url);
    kill(sidecar, Signal::STOP);
    let took = close_and_exit(app);
    assert!(took < EXIT + GRACE, "{took:?}");
    println!("a hung sidecar's end: {took:?}");
    // Killed with its group, the second process of a one-file build is not waited for.
    until("it is gone", || !is_running(sidecar));
}

#[test]
fn an_app_that_exits_during_a_pause_before_a_restart_starts_nothing_more() {
    let app = TestApp::with(Builder::new().restart_delay(Duration::from_secs(60)));
    kill(pid_of(&app.start().unwrap().url), Signal::KILL);
    until("it is noticed", || {
        app.sidecar().status().status == Phase::Restarting
    });
    let sidecar = app.sidecar();
    assert!(close_and_exit(app) < EXIT + GRACE);
    assert_eq!(sidecar.status().status, Phase::Stopped);
}

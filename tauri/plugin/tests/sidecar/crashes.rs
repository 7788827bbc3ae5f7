//! A sidecar that ends by itself after it was ready.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tauri_plugin_oracle_sidecar::{Builder, ErrorCode, Phase};

use crate::support::{
    TestApp, is_running, kill, parent_of, pid_of, request, sidecar_program, until, write_script,
};

/// Pauses of 10, 20, 40, 80 and 160 ms.
fn quickly() -> Builder {
    Builder::new().restart_delay(Duration::from_millis(10))
}

/// Plays a sidecar that crashes as soon as it is ready, until there is a file `sidecar.sh.well`.
fn crashing() -> String {
    format!(
        r#"[ -e "$0.well" ] && exec '{}' "$@"
        echo one >> "$0.starts"
        echo '{{"event":"ready","host":"127.0.0.1","port":9}}'
        echo 'it hurts' >&2
        exit 7"#,
        sidecar_program().display()
    )
}

fn starts(app: &TestApp) -> usize {
    let starts = std::fs::read_to_string(app.folder.path().join("sidecar.sh.starts"));
    starts.unwrap_or_default().lines().count()
}

#[test]
fn a_crash_is_told_at_once_and_the_sidecar_started_again() {
    let app = TestApp::new();
    let first = app.start().unwrap();
    app.events_until("ready");
    kill(pid_of(&first.url), Signal::KILL);
    let killed = Instant::now();

    let crash = app.event();
    let noticed = killed.elapsed();
    assert!(
        noticed < Duration::from_secs(10),
        "noticed after {noticed:?}"
    );
    assert_eq!(crash["status"], "restarting");
    assert_eq!(crash["error"]["code"], "SIDECAR_CRASHED");
    assert_eq!(
        (&crash["attempt"], &crash["retry_in_ms"]),
        (&json!(1), &json!(250))
    );
    let message = crash["error"]["message"].as_str().unwrap();
    assert!(message.contains("SIGKILL"), "{message}");

    let restart = app.event();
    assert_eq!(
        (&restart["status"], &restart["attempt"]),
        (&json!("restarting"), &json!(1))
    );
    assert_eq!(restart["retry_in_ms"], json!(null));

    let ready = app.event();
    assert_eq!(ready["status"], "ready");
    let second = app.start().unwrap();
    assert_eq!(ready["url"], second.url);
    assert_ne!(second.token, first.token);
    assert_eq!(request(&second, "GET /pools", &json!({})).0, 200);
}

/// Of a one-file build that is the bootloader, and the sidecar its child.
#[test]
fn the_end_of_the_first_process_is_a_crash_and_the_end_of_a_second_one() {
    let app = TestApp::new();
    let first = app.start().unwrap();
    let sidecar = pid_of(&first.url);
    let parent = parent_of(sidecar);
    let is_one_process = parent == rustix::process::getpid();
    kill(if is_one_process { sidecar } else { parent }, Signal::KILL);
    app.events_until("restarting");
    let second = app.start().unwrap();
    assert_eq!(request(&second, "GET /pools", &json!({})).0, 200);
    until("the old one is gone", || !is_running(sidecar));
}

#[test]
fn a_start_that_is_asked_for_during_a_pause_waits_for_the_restart() {
    let app = TestApp::with(Builder::new().restart_delay(Duration::from_secs(2)));
    let first = app.start().unwrap();
    kill(pid_of(&first.url), Signal::KILL);
    until("it is noticed", || {
        app.sidecar().status().status == Phase::Restarting
    });
    let second = app.start().unwrap();
    assert_eq!(request(&second, "GET /pools", &json!({})).0, 200);
    let events = ["starting", "ready", "restarting", "restarting", "ready"];
    assert_eq!(events.map(|_| app.word()), events);
}

#[test]
fn a_stop_during_a_pause_is_the_end_of_it() {
    let app = TestApp::with(Builder::new().restart_delay(Duration::from_secs(5)));
    let endpoint = app.start().unwrap();
    kill(pid_of(&endpoint.url), Signal::KILL);
    until("it is noticed", || {
        app.sidecar().status().status == Phase::Restarting
    });
    app.stop();
    std::thread::sleep(Duration::from_secs(6)); // of what does not happen nothing tells
    assert_eq!(app.sidecar().status().status, Phase::Stopped);
    assert_eq!(
        app.events_until("stopped"),
        ["starting", "ready", "restarting", "stopped"]
    );
}

#[test]
fn a_pause_that_no_clock_reaches_is_ended_by_a_stop() {
    let app = TestApp::with(Builder::new().restart_delay(Duration::MAX));
    let endpoint = app.start().unwrap();
    kill(pid_of(&endpoint.url), Signal::KILL);
    until("it is noticed", || {
        app.sidecar().status().status == Phase::Restarting
    });
    app.stop();
    let endpoint = app.start().unwrap();
    assert_eq!(request(&endpoint, "GET /pools", &json!({})).0, 200);
}

#[test]
fn after_five_restarts_within_a_minute_it_fails_until_somebody_starts_it() {
    let app = TestApp::with_script(quickly(), &crashing());
    app.start().unwrap();
    until("it gives up", || {
        app.sidecar().status().status == Phase::Failed
    });
    assert_eq!(starts(&app), 6);
    let error = app.sidecar().status().error.unwrap();
    assert_eq!(error.code, ErrorCode::SidecarKeepsCrashing);
    assert!(
        error.message.ends_with("(exit status: 7): it hurts"),
        "{}",
        error.message
    );

    std::fs::write(app.folder.path().join("sidecar.sh.well"), "").unwrap();
    let endpoint = app.start().unwrap();
    assert_eq!(request(&endpoint, "GET /pools", &json!({})).0, 200);
    while app.event()["url"] != endpoint.url.as_str() {}
    kill(pid_of(&endpoint.url), Signal::KILL);
    let anew = app.event();
    assert_eq!(
        (&anew["status"], &anew["attempt"]),
        (&json!("restarting"), &json!(1))
    );
}

#[test]
fn the_pauses_between_restarts_double() {
    let app = TestApp::with_script(quickly(), &crashing());
    app.start().unwrap();
    let mut pauses = Vec::new();
    loop {
        let event = app.event();
        pauses.extend(event["retry_in_ms"].as_u64());
        if event["status"] == "failed" {
            break;
        }
    }
    assert_eq!(pauses, [10, 20, 40, 80, 160]);
}

#[test]
fn a_restart_that_fails_counts_as_a_crash() {
    let well_once = format!(
        r#"echo one >> "$0.starts"
        [ $(wc -l < "$0.starts") = 1 ] && exec '{}' "$@"
        echo 'no room' >&2
        exit 1"#,
        sidecar_program().display()
    );
    let app = TestApp::with_script(quickly(), &well_once);
    let endpoint = app.start().unwrap();
    kill(pid_of(&endpoint.url), Signal::KILL);
    until("it gives up", || {
        app.sidecar().status().status == Phase::Failed
    });
    let error = app.sidecar().status().error.unwrap();
    assert_eq!(error.code, ErrorCode::SidecarKeepsCrashing);
    assert!(error.message.ends_with("no room"), "{}", error.message);
    assert_eq!(starts(&app), 6);
}

#[test]
fn a_restart_that_hangs_is_not_tried_again() {
    let well_once = format!(
        r#"[ -e "$0.second" ] && exec sleep 1000
        : > "$0.second"
        exec '{}' "$@""#,
        sidecar_program().display()
    );
    let app = TestApp::with_script(quickly().start_limit(Duration::from_secs(5)), &well_once);
    let endpoint = app.start().unwrap();
    kill(pid_of(&endpoint.url), Signal::KILL);
    until("it gives up", || {
        app.sidecar().status().status == Phase::Failed
    });
    let error = app.sidecar().status().error.unwrap();
    assert_eq!(error.code, ErrorCode::SidecarStartTimedOut);
}

#[test]
fn a_bundle_that_is_moved_away_takes_nothing_from_a_running_sidecar_but_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let program = copy_of_the_bundle(&here);
    let app = TestApp::of(quickly().program(&program));
    let endpoint = app.start().unwrap();
    let process = pid_of(&endpoint.url);
    until("its driver is loaded", || {
        request(&endpoint, "GET /health", &json!({})).1["driver"] != "loading"
    });
    std::fs::rename(&here, &there).unwrap();
    assert_eq!(request(&endpoint, "GET /pools", &json!({})).0, 200);
    assert!(is_running(process));

    kill(process, Signal::KILL);
    until("it is noticed", || {
        app.sidecar().status().status == Phase::Failed
    });
    let error = app.sidecar().status().error.unwrap();
    assert_eq!(error.code, ErrorCode::SidecarNotFound);
    assert!(
        error.message.contains(&program.display().to_string()),
        "{}",
        error.message
    );

    std::fs::rename(&there, &here).unwrap();
    let endpoint = app.start().unwrap();
    assert_eq!(request(&endpoint, "GET /pools", &json!({})).0, 200);
}

/// The program of the copy. Of a one-dir build that is its whole folder.
fn copy_of_the_bundle(to: &Path) -> PathBuf {
    let program = sidecar_program();
    let folder = program.parent().unwrap();
    if folder.join("_internal").is_dir() {
        let status = Command::new("cp")
            .arg("-r")
            .arg(folder)
            .arg(to)
            .status()
            .unwrap();
        assert!(status.success());
        return to.join(program.file_name().unwrap());
    }
    std::fs::create_dir(to).unwrap();
    let script = format!("exec '{}' \"$@\"", program.display());
    write_script(&to.join("oracle-sidecar"), &script)
}

//! Start, stop, and what is told of both.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tauri::async_runtime::{block_on, spawn};
use tauri_plugin_oracle_sidecar::{Builder, ErrorCode, Phase};

use crate::support::{
    Database, TestApp, is_running, pid, pid_of, request, request_with, sidecar_program, until,
};

#[test]
fn a_start_answers_with_the_url_and_the_token_of_a_sidecar_that_is_ready() {
    let app = TestApp::new();
    let endpoint = app.start().unwrap();
    assert!(
        endpoint.url.starts_with("http://127.0.0.1:"),
        "{}",
        endpoint.url
    );
    let (status, pools) = request(&endpoint, "GET /pools", &json!({}));
    assert_eq!((status, pools["pools"].is_array()), (200, true), "{pools}");
    assert_eq!(app.events_until("ready"), ["starting", "ready"]);
}

#[test]
fn many_starts_at_once_are_one_process_and_one_answer() {
    let counted = format!(
        "echo one >> \"$0.starts\"; exec '{}' \"$@\"",
        sidecar_program().display()
    );
    let app = TestApp::with_script(Builder::new(), &counted);
    let starts: Vec<_> = (0..50)
        .map(|_| {
            let sidecar = app.sidecar();
            spawn(async move { sidecar.start().await })
        })
        .collect();
    let first = app.start().unwrap();
    for start in starts {
        assert_eq!(block_on(start).unwrap().unwrap(), first);
    }
    assert_eq!(app.start().unwrap(), first);
    let starts = std::fs::read_to_string(app.folder.path().join("sidecar.sh.starts")).unwrap();
    assert_eq!(starts, "one\n");
}

#[test]
fn after_a_stop_the_process_is_gone_and_its_port_is_closed() {
    let app = TestApp::new();
    let endpoint = app.start().unwrap();
    let process = pid_of(&endpoint.url);
    app.events_until("ready");
    app.stop();
    assert!(!is_running(process));
    assert!(request_with(&endpoint.url, None, "GET /health", &json!({})).is_err());
    assert_eq!(app.sidecar().status().status, Phase::Stopped);
    assert_eq!(app.events_until("stopped"), ["stopping", "stopped"]);
    let log = app.log();
    assert!(log.contains("path=/shutdown status=202"), "{log}");
    assert!(log.contains("INFO sidecar stopped"), "{log}");
}

#[test]
fn a_stop_without_a_sidecar_is_done_at_once() {
    let app = TestApp::new();
    app.stop();
    assert_eq!(app.sidecar().status().status, Phase::Stopped);
}

#[test]
fn a_start_that_is_asked_for_while_the_sidecar_is_held_is_refused_with_the_reason() {
    let app = TestApp::new();
    let process = pid_of(&app.start().unwrap().url);
    app.events_until("ready");
    let hold = block_on(app.sidecar().hold());
    assert!(!is_running(process));

    let error = app.start().unwrap_err();
    assert_eq!(error.code, ErrorCode::SidecarHeld);
    assert!(error.message.contains("an update"), "{}", error.message);
    app.stop();
    assert_eq!(app.start().unwrap_err().code, ErrorCode::SidecarHeld);

    drop(hold);
    let endpoint = app.start().unwrap();
    assert_eq!(request(&endpoint, "GET /pools", &json!({})).0, 200);
    let events = ["stopping", "stopped", "starting", "ready"];
    assert_eq!(events.map(|_| app.word()), events);
}

#[test]
fn a_sidecar_that_two_hold_is_started_when_both_have_let_go() {
    let app = TestApp::new();
    app.start().unwrap();
    let holds = block_on(app.sidecar().hold());
    let holds_too = block_on(app.sidecar().hold());
    drop(holds);
    assert_eq!(app.start().unwrap_err().code, ErrorCode::SidecarHeld);
    drop(holds_too);
    app.start().unwrap();
}

#[test]
fn a_hold_that_nobody_waits_for_holds_nothing() {
    let app = TestApp::new();
    app.start().unwrap();
    block_on(async {
        let hold = app.sidecar();
        let unpolled = hold.hold();
        let at_once = tokio::time::timeout(Duration::ZERO, unpolled);
        assert!(at_once.await.is_err());
    });
    app.start().unwrap();
}

#[test]
fn each_process_has_a_token_of_its_own() {
    let app = TestApp::new();
    let first = app.start().unwrap();
    app.stop();
    let second = app.start().unwrap();
    assert_ne!(first.token, second.token);
    let old = request_with(
        &second.url,
        Some(first.token.expose()),
        "GET /pools",
        &json!({}),
    );
    assert_eq!(old.unwrap().0, 401);
}

#[test]
fn the_page_gets_what_the_commands_promise() {
    let app = TestApp::new();
    let stopped = json!({
        "status": "stopped", "url": null, "error": null, "attempt": 0, "retry_in_ms": null
    });
    assert_eq!(app.invoke("check_oracle_sidecar_status"), Ok(stopped));
    assert_eq!(app.invoke("get_oracle_sidecar_url"), Ok(Value::Null));

    let endpoint = app.invoke("start_oracle_sidecar").unwrap();
    let url = endpoint["url"].as_str().unwrap();
    let token = endpoint["token"].as_str();
    assert_eq!(
        request_with(url, token, "GET /pools", &json!({}))
            .unwrap()
            .0,
        200
    );
    assert_eq!(app.invoke("get_oracle_sidecar_url"), Ok(json!(url)));
    let ready = json!({
        "status": "ready", "url": url, "error": null, "attempt": 0, "retry_in_ms": null
    });
    assert_eq!(app.invoke("check_oracle_sidecar_status"), Ok(ready));

    assert_eq!(app.invoke("stop_oracle_sidecar"), Ok(Value::Null));
    assert_eq!(app.invoke("get_oracle_sidecar_url"), Ok(Value::Null));
}

#[test]
fn the_page_gets_an_error_as_its_code_and_a_sentence() {
    let app = TestApp::of(Builder::new().program("/nowhere/oracle-sidecar"));
    let error = json!({
        "code": "SIDECAR_NOT_FOUND",
        "message": "The sidecar's program is not there: /nowhere/oracle-sidecar."
    });
    assert_eq!(app.invoke("start_oracle_sidecar"), Err(error.clone()));
    let status = app.invoke("check_oracle_sidecar_status").unwrap();
    assert_eq!(
        (&status["status"], &status["error"]),
        (&json!("failed"), &error)
    );
}

#[test]
fn an_app_may_have_it_started_with_itself() {
    let app = TestApp::with(Builder::new().start_with_app());
    until("it is ready", || {
        app.sidecar().status().status == Phase::Ready
    });
    let url = app.sidecar().status().url;
    assert_eq!(app.start().map(|endpoint| endpoint.url).ok(), url);
}

#[test]
fn a_stop_overtakes_a_start() {
    let app = TestApp::with_script(Builder::new(), "echo $$ > \"$0.pid\"; exec sleep 1000");
    let sidecar = app.sidecar();
    let start = spawn(async move { sidecar.start().await });
    let file = app.folder.path().join("sidecar.sh.pid");
    until("it runs", || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))
    });
    app.stop();
    assert_eq!(
        block_on(start).unwrap().unwrap_err().code,
        ErrorCode::SidecarStopped
    );
    let process = std::fs::read_to_string(&file)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(!is_running(pid(process)));
}

#[test]
fn a_start_that_is_asked_for_during_a_stop_begins_when_that_is_over() {
    let app = TestApp::new();
    let first = app.start().unwrap();
    let process = pid_of(&first.url);
    let sidecar = app.sidecar();
    let stop = spawn(async move { sidecar.stop().await });
    until("it is being stopped", || {
        app.sidecar().status().status != Phase::Ready
    });
    let second = app.start().unwrap();
    block_on(stop).unwrap();
    assert!(!is_running(process));
    assert_ne!(first.token, second.token);
    assert_eq!(request(&second, "GET /pools", &json!({})).0, 200);
}

#[test]
fn the_app_s_own_code_sees_the_status_change() {
    let app = TestApp::new();
    let mut statuses = app.sidecar().watch();
    app.start().unwrap();
    let ready = block_on(async {
        let status = statuses.wait_for(|status| status.url.is_some()).await;
        status.unwrap().status
    });
    assert_eq!(ready, Phase::Ready);
}

/// How long the stop took, what the query's caller was told, and what the database counted.
fn stop_with_an_endless_query() -> (Duration, thread::Result<(u16, Value)>, Value) {
    const ENDLESS: &str = "SELECT COUNT(*) FROM dual CONNECT BY LEVEL <= 1000000000";
    let database = Database::start();
    let app = TestApp::new();
    let endpoint = app.start().unwrap();
    let (query, at) = (database.query(ENDLESS), endpoint.clone());
    let caller = thread::spawn(move || request(&at, "POST /query", &query));
    until("it runs", || {
        let (_, pools) = request(&endpoint, "GET /pools", &json!({}));
        pools["pools"][0]["busy"].as_u64() == Some(1)
    });
    let begun = Instant::now();
    app.stop();
    let took = begun.elapsed();
    println!("the end of a sidecar with an endless query: {took:?}");
    (took, caller.join(), database.counts())
}

#[test]
fn a_query_that_runs_when_the_stop_comes_ends_in_order_and_its_session_is_logged_off() {
    // After two seconds it is killed: a machine that was busy just then says nothing of its end.
    let well_before = Duration::from_millis(1700);
    let (_, told, counts) = (0..5)
        .map(|_| stop_with_an_endless_query())
        .find(|(took, ..)| *took < well_before)
        .expect("no stop was soon enough");
    let (status, answer) = told.unwrap();
    assert_eq!(
        (status, &answer["detail"]["full_code"]),
        (503, &json!("SHUTTING_DOWN")),
        "{answer}"
    );
    assert_eq!(counts["lost_sessions"], 0, "{counts}");
    assert_eq!(counts["logoffs"], counts["logins"], "{counts}");
}

#[test]
fn output_that_nobody_reads_does_not_hold_the_sidecar_up() {
    let script = r#"echo '{"event":"ready","host":"127.0.0.1","port":9}'
        head -c 3000000 /dev/zero | tr '\0' 'x'
        head -c 3000000 /dev/zero | tr '\0' '\n' >&2
        : > "$0.written"
        cat > /dev/null"#;
    let app = TestApp::with_script(Builder::new(), script);
    app.start().unwrap();
    let written = app.folder.path().join("sidecar.sh.written");
    until("it has written it all", || written.exists());
}

//! The sidecar's `/health` and `/query`, linked with Oracle's beta driver in Rust: a peer that the
//! benchmarks compare with, not a replacement. README.md says what it lacks.

mod sessions;
mod values;

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use futures_util::stream::{StreamExt, once, poll_fn};
use oracledb::{Connection, ErrorKind, Metadata};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::sessions::{Pool, Pools, Target};
use crate::values::{put, put_row};

const USUAL_TIME: Duration = Duration::from_secs(55);
const FIRST_ROWS: u32 = 100;
const FETCH_ROWS: u32 = 1000;
/// An answer that ends within its first piece has a length; a larger one is chunked.
const PIECE_BYTES: usize = 64 * 1024;
const PIECES_AHEAD: usize = 2;
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson; charset=utf-8";

struct Service {
    pools: Pools,
    token: Option<String>,
    started: Instant,
}

#[derive(Deserialize)]
struct Query {
    connection: Target,
    sql: String,
    /// `null` and 0 are no limit.
    #[serde(default = "usual_rows")]
    max_rows: Value,
    timeout_ms: Option<u64>,
}

fn usual_rows() -> Value {
    1000.into()
}

/// An error in the contract's shape.
pub struct Failure {
    status: u16,
    code: usize,
    full_code: String,
    message: String,
}

impl Failure {
    /// One of our own words.
    fn new(status: u16, word: &str, message: impl Into<String>) -> Self {
        Self { status, code: 0, full_code: word.into(), message: message.into() }
    }

    fn detail(&self) -> Value {
        json!({"code": self.code, "message": self.message, "hint": null,
               "full_code": self.full_code, "retryable": self.status > 501})
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        answer(self.status, JSON, json!({"detail": self.detail()}).to_string())
    }
}

impl From<oracledb::Error> for Failure {
    fn from(error: oracledb::Error) -> Self {
        match error.kind() {
            ErrorKind::DbError(said) => {
                let is_login = matches!(said.code(), 1005 | 1017 | 1045 | 28_000..=28_002);
                let status = if is_login { 403 } else { 400 };
                let full_code = format!("ORA-{:05}", said.code());
                Self { code: said.code(), ..Self::new(status, &full_code, said.message()) }
            }
            ErrorKind::CallTimeoutExceeded => Self::new(504, "TIMEOUT", error.to_string()),
            ErrorKind::NotImplemented(_)
            | ErrorKind::UnsupportedDbType(_)
            | ErrorKind::UnsupportedTdsType(_)
            | ErrorKind::UnsupportedConversion(..) => {
                Self::new(501, "NOT_SUPPORTED", error.to_string())
            }
            _ => Self::new(502, "DRIVER_ERROR", error.to_string()),
        }
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().skip_while(|word| word != "--port").nth(1);
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(0);
    let token = std::env::var("ORACLE_SIDECAR_TOKEN").ok();
    let service = Service { pools: Pools::default(), token, started: Instant::now() };
    let routes = Router::new()
        .route("/health", get(health))
        .route("/query", post(query))
        .with_state(Arc::new(service));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let port = listener.local_addr()?.port();
    println!(
        "{}",
        json!({"event": "ready", "host": "127.0.0.1", "port": port,
                          "pid": std::process::id(), "version": env!("CARGO_PKG_VERSION")})
    );
    let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
    axum::serve(listener, routes).await
}

async fn health(State(service): State<Arc<Service>>) -> Response {
    let body = json!({
        "status": "ok",
        "active_pools": service.pools.count(),
        "timestamp": chrono::Local::now().to_rfc3339(),
        "version": env!("CARGO_PKG_VERSION"),
        "driver": "oracledb 26.0.0-beta.5 in Rust",
        "pid": std::process::id(),
        "uptime_s": service.started.elapsed().as_secs_f64(),
    });
    answer(200, JSON, body.to_string())
}

async fn query(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let started = Instant::now();
    let bearer = text(&headers, header::AUTHORIZATION).strip_prefix("Bearer ");
    if service.token.is_some() && service.token.as_deref() != bearer {
        return Err(Failure::new(401, "UNAUTHORIZED", "the token is missing or wrong"));
    }
    let asked: Query = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(422, "INVALID_REQUEST", error.to_string()))?;
    let as_lines = text(&headers, header::ACCEPT).contains("application/x-ndjson");
    let pool = service.pools.of(&asked.connection);
    let permit = pool.permit().await?;
    let (sender, mut pieces) = mpsc::channel(PIECES_AHEAD);
    let writing = Answer { sender, buffer: String::new(), as_lines, has_begun: false, started };
    tokio::task::spawn_blocking(move || {
        writing.run(&pool, &asked);
        drop(permit);
    });
    let form = if as_lines { NDJSON } else { JSON };
    let first =
        pieces.recv().await.unwrap_or_else(|| Err(Failure::new(500, "INTERNAL", "a defect")))?;
    if first.len() < PIECE_BYTES {
        return Ok(answer(200, form, first));
    }
    // One that fails later is cut off without its last chunk: nobody can take it for whole.
    let rest = poll_fn(move |context| pieces.poll_recv(context));
    let whole =
        once(ready(Ok(first))).chain(rest).map(|piece| piece.map_err(|failed| failed.message));
    Ok(answer(200, form, Body::from_stream(whole)))
}

fn answer(status: u16, form: &str, body: impl Into<Body>) -> Response {
    let mut answer = ([(header::CONTENT_TYPE, form)], body.into()).into_response();
    *answer.status_mut() = status.try_into().unwrap_or_default();
    answer
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// One query's answer, written by a thread that blocks in the driver.
struct Answer {
    sender: mpsc::Sender<Result<String, Failure>>,
    buffer: String,
    as_lines: bool,
    has_begun: bool,
    started: Instant,
}

impl Answer {
    fn run(mut self, pool: &Pool, asked: &Query) {
        let last = match self.write(pool, asked) {
            Err(failure) if self.as_lines && self.has_begun => {
                put(&mut self.buffer, json!({"error": failure.detail()}));
                self.buffer.push('\n');
                Ok(self.buffer)
            }
            written => written.map(|()| self.buffer),
        };
        // Nobody is there to be told when this fails.
        let _ = self.sender.blocking_send(last);
    }

    /// A session that meets an error is given up: the driver says too little of its state.
    fn write(&mut self, pool: &Pool, asked: &Query) -> Result<(), Failure> {
        let session = pool.session(&asked.connection)?;
        self.limit_time(&session, asked)?;
        let statement = session
            .statement(asked.sql.trim_end_matches([';', ' ', '\n', '\r', '\t']))?
            .prefetch_rows(FIRST_ROWS)
            .fetch_array_size(FETCH_ROWS)
            .build()?;
        if !statement.is_query() {
            return Err(Failure::new(403, "READ_ONLY", "only queries run"));
        }
        let mut cursor = statement.query(&[])?;
        let names: Value = cursor.columns().iter().map(Metadata::name).collect();
        let types: Value = cursor.columns().iter().map(Metadata::data_type).collect();
        let head = if self.as_lines {
            format!("{}\n", json!({"columns": names, "column_types": types}))
        } else {
            format!("{{\"columns\":{names},\"rows\":[")
        };
        self.buffer.push_str(&head);
        let most = asked.max_rows.as_u64().filter(|most| *most > 0).unwrap_or(u64::MAX);
        let mut count = 0;
        let mut truncated = false;
        for row in cursor.by_ref() {
            if count == most {
                truncated = true;
                break;
            }
            if count > 0 && !self.as_lines {
                self.buffer.push(',');
            }
            put_row(&mut self.buffer, &mut row?)?;
            if self.as_lines {
                self.buffer.push('\n');
            }
            count += 1;
            if self.buffer.len() >= PIECE_BYTES {
                self.send()?;
                self.limit_time(&session, asked)?;
            }
        }
        drop(cursor);
        pool.give_back(session);
        let ms = (self.started.elapsed().as_secs_f64() * 1e5).round() / 100.0;
        let totals =
            format!("\"row_count\":{count},\"execution_time_ms\":{ms},\"truncated\":{truncated}");
        let end = if self.as_lines {
            format!("{{{totals}}}\n")
        } else {
            format!("],{totals},\"column_types\":{types}}}")
        };
        self.buffer.push_str(&end);
        Ok(())
    }

    /// Fails where the caller has gone, so that no more is fetched.
    fn send(&mut self) -> Result<(), Failure> {
        self.has_begun = true;
        let next = String::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        let piece = std::mem::replace(&mut self.buffer, next);
        let gone = |_| Failure::new(409, "CANCELLED", "the caller has gone");
        self.sender.blocking_send(Ok(piece)).map_err(gone)
    }

    /// What is left of the time, for each round trip from here on.
    fn limit_time(&self, session: &Connection, asked: &Query) -> Result<(), Failure> {
        let limit = asked.timeout_ms.map_or(USUAL_TIME, Duration::from_millis);
        let left = limit.saturating_sub(self.started.elapsed());
        Ok(session.set_call_timeout(Some(left.max(Duration::from_millis(1))))?)
    }
}

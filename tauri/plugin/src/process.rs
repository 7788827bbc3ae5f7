//! One process of the sidecar, from its start to its end.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode, Result};
use crate::output::{LastLine, Lines, drain, quoted};
use crate::program::Places;
use crate::state::Endpoint;
use crate::token::Token;

/// From the request to end until it is killed.
pub(crate) const STOP_LIMIT: Duration = Duration::from_secs(2);
/// What is killed ends at once, unless the system itself holds it.
pub(crate) const KILL_LIMIT: Duration = Duration::from_millis(300);
/// A sidecar that does not take `/shutdown` has the rest of the time to notice that its input ended.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
/// The pipes of a process that ended hold no more than they hold; a child of its own may keep them open.
const LAST_OUTPUT_LIMIT: Duration = Duration::from_secs(2);
const LOG_FILE: &str = "oracle-sidecar.log";
/// The sidecar's own settings. The app decides them, not what is in its user's environment.
const SETTINGS_PREFIX: &str = "ORACLE_SIDECAR_";
const TOKEN_VARIABLE: &str = "ORACLE_SIDECAR_TOKEN";

/// How the sidecar is started.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) places: Places,
    /// Further arguments of the app's developer.
    pub(crate) args: Vec<OsString>,
    pub(crate) log_folder: Option<PathBuf>,
    pub(crate) start_limit: Duration,
}

/// A running sidecar.
///
/// It ends when this is dropped, within two seconds: its standard input ends then.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Lines<ChildStdout>>,
    last_line: LastLine,
    /// None when it is over.
    stderr_drain: Option<JoinHandle<()>>,
    log: Option<LogFile>,
    token: Token,
    address: Option<SocketAddr>,
    /// Closed with the app, however that ends, it takes with it whatever of the sidecar is left.
    #[cfg(windows)]
    job: Option<win32job::Job>,
}

impl Process {
    /// Start it. On the runtime.
    ///
    /// # Errors
    ///
    /// `SIDECAR_NOT_FOUND`, `SIDECAR_START_FAILED`
    pub(crate) fn spawn(launch: &Launch) -> Result<Self> {
        let program = launch.places.find()?;
        let token = Token::random().map_err(|error| {
            start_failed(format!(
                "The system has no random numbers for the sidecar: {error}"
            ))
        })?;
        let log = launch.log_folder.as_deref().and_then(LogFile::in_folder);
        let mut command = command(&program, launch, log.as_ref(), &token);
        let mut child = command
            .spawn()
            .map_err(|error| cannot_spawn(&program, &error))?;
        let id = child.id().unwrap_or_default();
        log::info!("started {} as process {id}", program.display());

        let last_line = LastLine::default();
        let stdout = child.stdout.take().map(Lines::new);
        let stderr = child.stderr.take().map(Lines::new);
        let stderr_last = last_line.clone();
        let stderr_drain = tokio::spawn(async move {
            if let Some(lines) = stderr {
                drain(lines, stderr_last).await;
            }
        });
        Ok(Self {
            #[cfg(windows)]
            job: job_of(&child),
            stdin: child.stdin.take(),
            child,
            stdout,
            last_line,
            stderr_drain: Some(stderr_drain),
            log,
            token,
            address: None,
        })
    }

    /// Wait for the ready line. Once.
    ///
    /// # Errors
    ///
    /// `SIDECAR_START_FAILED`: it ended, or said something else. `SIDECAR_START_TIMED_OUT`
    pub(crate) async fn ready(&mut self, limit: Duration) -> Result<Endpoint> {
        let Ok(line) = timeout(limit, self.first_line()).await else {
            return Err(Error::new(
                ErrorCode::SidecarStartTimedOut,
                format!("The sidecar did not say within {limit:?} that it is ready."),
            ));
        };
        let address = parse_ready_line(&line?)?;
        self.address = Some(address);
        if let Some(lines) = self.stdout.take() {
            tokio::spawn(drain(lines, LastLine::default()));
        }
        Ok(Endpoint {
            url: format!("http://{address}"),
            token: self.token.clone(),
        })
    }

    async fn first_line(&mut self) -> Result<String> {
        let Some(lines) = self.stdout.as_mut() else {
            return Err(start_failed("The sidecar has no standard output."));
        };
        let line = tokio::select! {
            line = lines.next() => line,
            // A child of its own may hold its standard output open.
            _ = self.child.wait() => timeout(LAST_OUTPUT_LIMIT, lines.next()).await.unwrap_or(None),
        };
        if let Some(line) = line {
            return Ok(line);
        }
        let ended = self.ended().await;
        Err(start_failed(format!(
            "The sidecar ended before it was ready {ended}"
        )))
    }

    /// Wait until it ends by itself; how it did, and its last words: `(exit status: 1): …`.
    pub(crate) async fn ended(&mut self) -> String {
        let status = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.wait_for_last_words(LAST_OUTPUT_LIMIT).await;
        let said = self.last_line.get();
        let said = if said.is_empty() && self.address.is_none() {
            // Where it logs into a file, the reason of a failed start stands there alone.
            self.log
                .as_ref()
                .and_then(LogFile::last_line)
                .unwrap_or_default()
        } else {
            said
        };
        if said.is_empty() {
            format!("({status}).")
        } else {
            format!("({status}): {}", quoted(&said))
        }
    }

    /// Wait until its standard error has ended, which a child of its own may hold open.
    async fn wait_for_last_words(&mut self, limit: Duration) {
        if let Some(drain) = &mut self.stderr_drain
            && timeout(limit, drain).await.is_ok()
        {
            self.stderr_drain = None;
        }
    }

    /// End it in order: `/shutdown`, two seconds at most, then kill. It is gone afterwards where the system let it end.
    pub(crate) async fn stop(mut self) {
        match timeout(STOP_LIMIT, self.end_in_order()).await {
            Ok(Ok(status)) => log::info!("the sidecar ended ({status})"),
            Ok(Err(error)) => log::warn!("the sidecar's end cannot be waited for: {error}"),
            Err(_) => {
                log::warn!("the sidecar did not end within {STOP_LIMIT:?} and is killed");
                self.kill().await;
            }
        }
    }

    async fn end_in_order(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        if let Some(address) = self.address {
            match timeout(ANSWER_LIMIT, post_shutdown(address, &self.token)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::warn!("the sidecar did not take /shutdown: {error}"),
                Err(_) => log::warn!("the sidecar did not answer /shutdown"),
            }
        }
        // From here on queries that still run have one second, and are then broken off in the database: with
        // `/shutdown` alone they would have five, and the time is over before.
        drop(self.stdin.take());
        self.child.wait().await
    }

    /// End it at once, with every process of its own (a one-file build runs as two).
    pub(crate) async fn kill(&mut self) {
        if self.child.id().is_none() {
            return; // its end was fetched already
        }
        #[cfg(unix)]
        self.kill_group();
        #[cfg(windows)]
        drop(self.job.take());
        if let Err(error) = self.child.start_kill() {
            log::warn!("the sidecar cannot be killed: {error}");
        }
        if timeout(KILL_LIMIT, self.child.wait()).await.is_err() {
            log::error!("the sidecar was killed, and its end is not known after {KILL_LIMIT:?}");
        }
    }

    #[cfg(unix)]
    fn kill_group(&self) {
        // The number is the sidecar's own until its end is fetched; from then on it has none here.
        let group = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(rustix::process::Pid::from_raw) {
            let killed = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            if let Err(error) = killed {
                log::warn!("the sidecar's process group cannot be killed: {error}");
            }
        }
    }

    /// Let go of one that ended by itself. Where that was the first process of a one-file build, the second one
    /// notices within two seconds and removes what was unpacked.
    pub(crate) fn leave(mut self) {
        drop(self.stdin.take());
        tokio::spawn(async move {
            self.wait_for_last_words(STOP_LIMIT).await;
            // Not before: on Windows the job would take the second process with it.
            drop(self);
        });
    }
}

fn command(program: &Path, launch: &Launch, log: Option<&LogFile>, token: &Token) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--port", "0", "--exit-on-stdin-close", "--parent-pid"])
        .arg(std::process::id().to_string());
    if let Some(log) = log {
        command.arg("--log-file").arg(&log.path);
    }
    command.args(&launch.args);
    for (name, _) in std::env::vars_os() {
        if name
            .to_string_lossy()
            .to_ascii_uppercase()
            .starts_with(SETTINGS_PREFIX)
        {
            command.env_remove(name);
        }
    }
    command
        .env(TOKEN_VARIABLE, token.expose())
        // An app that was itself started by a program of PyInstaller's has its variables; a one-file build would
        // take itself for that program's second half.
        .env("PYINSTALLER_RESET_ENVIRONMENT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own can be killed as a whole, and Ctrl-C in the app's terminal leaves its end to the app.
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW);
    command
}

/// <https://learn.microsoft.com/windows/win32/procthread/process-creation-flags>
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

#[cfg(windows)]
fn job_of(child: &Child) -> Option<win32job::Job> {
    let mut limits = win32job::ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    let job = win32job::Job::create_with_limit_info(&limits)
        .inspect_err(|error| log::warn!("the sidecar gets no job object: {error}"))
        .ok()?;
    let handle = child.raw_handle()?;
    job.assign_process(handle as isize)
        .inspect_err(|error| log::warn!("the sidecar does not get into its job object: {error}"))
        .ok()?;
    Some(job)
}

/// The line that the sidecar writes when its port listens.
#[derive(Deserialize)]
struct ReadyLine {
    event: String,
    host: IpAddr,
    port: NonZeroU16,
}

fn parse_ready_line(line: &str) -> Result<SocketAddr> {
    serde_json::from_str::<ReadyLine>(line)
        .ok()
        .filter(|ready| ready.event == "ready" && ready.host.is_loopback())
        .map(|ready| SocketAddr::new(ready.host, ready.port.get()))
        .ok_or_else(|| {
            start_failed(format!(
                "The program said something else than a sidecar's ready line: {}",
                quoted(line)
            ))
        })
}

/// No HTTP library for one request of five lines.
async fn post_shutdown(address: SocketAddr, token: &Token) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = Zeroizing::new(format!(
        "POST /shutdown HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n",
        token.expose()
    ));
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; "HTTP/1.1 202".len()];
    stream.read_exact(&mut status).await?;
    if status.ends_with(b" 202") {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&status)))
    }
}

fn start_failed(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::SidecarStartFailed, message)
}

fn cannot_spawn(program: &Path, error: &io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => ErrorCode::SidecarNotFound,
        _ => ErrorCode::SidecarStartFailed,
    };
    let program = program.display();
    Error::new(
        code,
        format!("The sidecar cannot be started: {program}: {error}"),
    )
}

/// The sidecar's log, and how long it was before this process wrote to it.
struct LogFile {
    path: PathBuf,
    length: u64,
}

impl LogFile {
    const TAIL_BYTES: u64 = 4096;

    fn in_folder(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder)
            .inspect_err(|error| log::warn!("no log folder {}: {error}", folder.display()))
            .ok()?;
        let path = folder.join(LOG_FILE);
        let length = path.metadata().map_or(0, |file| file.len());
        Some(Self { path, length })
    }

    /// The last line that was written since.
    fn last_line(&self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        let length = file.metadata().ok()?.len();
        // A shorter one is another file: it was rotated.
        let written_from = if length < self.length { 0 } else { self.length };
        let from = written_from.max(length.saturating_sub(Self::TAIL_BYTES));
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut tail = Vec::new();
        file.take(Self::TAIL_BYTES).read_to_end(&mut tail).ok()?;
        let tail = String::from_utf8_lossy(&tail);
        tail.lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_ready_line_of_the_sidecar_says_where_it_answers() {
        let line = r#"{"event":"ready","host":"127.0.0.1","port":4711,"pid":12,"version":"1.0.0"}"#;
        assert_eq!(
            parse_ready_line(line).unwrap().to_string(),
            "127.0.0.1:4711"
        );
    }

    #[test]
    fn what_is_no_ready_line_is_quoted() {
        for line in [
            "Welcome!",
            r#"{"host":"127.0.0.1","port":4711}"#,
            r#"{"event":"starting","host":"127.0.0.1","port":4711}"#,
            r#"{"event":"ready","host":"127.0.0.1"}"#,
            r#"{"event":"ready","host":"127.0.0.1","port":0}"#,
            r#"{"event":"ready","host":"192.0.2.1","port":4711}"#,
        ] {
            let error = parse_ready_line(line).unwrap_err();
            assert_eq!(error.code, ErrorCode::SidecarStartFailed);
            assert!(error.message.ends_with(line), "{}", error.message);
        }
    }

    #[test]
    fn only_what_this_process_logged_is_its_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOG_FILE);
        std::fs::write(&path, "of an earlier process\n").unwrap();
        let log = LogFile::in_folder(folder.path()).unwrap();
        assert_eq!(log.last_line(), None);
        let mut file = File::options().append(true).open(&path).unwrap();
        writeln!(file, "first\nlast\n").unwrap();
        assert_eq!(log.last_line().unwrap(), "last");
    }

    #[test]
    fn a_log_that_was_rotated_is_read_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOG_FILE);
        std::fs::write(&path, "x".repeat(100)).unwrap();
        let log = LogFile::in_folder(folder.path()).unwrap();
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(log.last_line().unwrap(), "new");
    }
}

//! The task that owns the sidecar: asked by commands, told by its process, it moves from state to state.

use std::collections::VecDeque;
use std::future::pending;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{self as std_mpsc, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::error::{Error, ErrorCode, Result};
use crate::process::{KILL_LIMIT, Launch, Process, STOP_LIMIT};
use crate::state::{Action, Endpoint, Event, Restart, State, Status, Then, next};

const MOST_RESTARTS: usize = 5;
const RESTARTS_WITHIN: Duration = Duration::from_secs(60);
/// The app's end does not wait longer: what then still runs ends by itself, its input being closed with the app.
const EXIT_LIMIT: Duration = STOP_LIMIT
    .saturating_add(KILL_LIMIT)
    .saturating_add(Duration::from_millis(200));

/// What an app's own code does with the sidecar. Clones are of the same one.
#[derive(Clone, Debug)]
pub struct OracleSidecar {
    commands: mpsc::UnboundedSender<Command>,
    status: watch::Receiver<Status>,
}

/// While it is there the sidecar is stopped, and whoever asks for a start is refused.
#[derive(Debug)]
#[must_use = "the sidecar is held until this is dropped"]
pub struct Hold {
    commands: mpsc::UnboundedSender<Command>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Without a supervisor nobody starts anything.
        let _ = self.commands.send(Command::Release);
    }
}

#[derive(Debug)]
enum Command {
    Start(oneshot::Sender<Result<Endpoint>>),
    Stop(oneshot::Sender<()>),
    /// Stop, and start nothing until the release that follows.
    Hold(oneshot::Sender<()>),
    Release,
    /// Stop, and start nothing any more. Its sender is dropped when that is done.
    Exit(std_mpsc::Sender<()>),
}

impl OracleSidecar {
    /// Start the sidecar, or answer with the one that runs. Callers at once share one start, and while a restart is
    /// under way they wait for that. After too many crashes this begins afresh.
    ///
    /// # Errors
    ///
    /// `SIDECAR_NOT_FOUND`, `SIDECAR_START_FAILED`, `SIDECAR_START_TIMED_OUT`, `SIDECAR_KEEPS_CRASHING`, and
    /// `SIDECAR_STOPPED` where a stop, or the app's end, came before it was ready; `SIDECAR_HELD`.
    pub async fn start(&self) -> Result<Endpoint> {
        let (reply, outcome) = oneshot::channel();
        // Where either fails the supervisor is gone, and with it the app.
        let _ = self.commands.send(Command::Start(reply));
        outcome.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Stop the sidecar: queries that run have a second to end, then they are broken off in the database. It is gone
    /// afterwards, unless the system held it up even when it was killed, which the log says. It stays so until somebody
    /// asks for a start, as a page may at once.
    pub async fn stop(&self) {
        let (reply, gone) = oneshot::channel();
        let _ = self.commands.send(Command::Stop(reply));
        let _ = gone.await;
    }

    /// Stop the sidecar, and let nobody start it before the answer is dropped: a start is refused with `SIDECAR_HELD`,
    /// to whoever holds it too. An updater holds it while it replaces the app, and until that has started anew.
    pub async fn hold(&self) -> Hold {
        let (reply, gone) = oneshot::channel();
        let _ = self.commands.send(Command::Hold(reply));
        // Made at once: a caller who does not wait for the end of this lets go by that.
        let hold = Hold {
            commands: self.commands.clone(),
        };
        let _ = gone.await;
        hold
    }

    /// What the sidecar is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// The statuses as they change. Of several changes in a row only the last may be seen.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Stop the sidecar for good, and wait for its end on this thread, which is none of the runtime's.
    pub(crate) fn exit(&self) {
        let (done, is_done) = std_mpsc::channel();
        if self.commands.send(Command::Exit(done)).is_ok()
            && is_done.recv_timeout(EXIT_LIMIT) == Err(RecvTimeoutError::Timeout)
        {
            log::warn!("the app exits although its sidecar is not gone after {EXIT_LIMIT:?}");
        }
    }
}

/// The supervisor, not yet running, its handle, and every status that it will come to.
pub(crate) fn supervise(
    launch: Launch,
    restart_delay: Duration,
) -> (Supervisor, OracleSidecar, mpsc::UnboundedReceiver<Status>) {
    let (sender, commands) = mpsc::unbounded_channel();
    let (told, changes) = mpsc::unbounded_channel();
    let (news_sender, news) = mpsc::channel(1);
    let (status, watched) = watch::channel(Status::from(&State::Stopped));
    let supervisor = Supervisor {
        launch: Arc::new(launch),
        state: State::Stopped,
        restarts: Restarts::new(restart_delay),
        pause_over: None,
        commands,
        news,
        news_sender,
        life: None,
        starts: Vec::new(),
        stops: Vec::new(),
        exit: None,
        status,
        told,
    };
    let handle = OracleSidecar {
        commands: sender,
        status: watched,
    };
    (supervisor, handle, changes)
}

pub(crate) struct Supervisor {
    launch: Arc<Launch>,
    state: State,
    restarts: Restarts,
    pause_over: Option<Instant>,
    commands: mpsc::UnboundedReceiver<Command>,
    news: mpsc::Receiver<News>,
    news_sender: mpsc::Sender<News>,
    /// Dropped, it tells the process's task to end it.
    life: Option<oneshot::Sender<()>>,
    /// Who waits for the sidecar to be ready.
    starts: Vec<oneshot::Sender<Result<Endpoint>>>,
    /// Who waits for it to be gone.
    stops: Vec<oneshot::Sender<()>>,
    exit: Option<std_mpsc::Sender<()>>,
    status: watch::Sender<Status>,
    told: mpsc::UnboundedSender<Status>,
}

/// What a process's task says of it. `Ended` or `Gone` is its last word.
enum News {
    Ready(Endpoint),
    Ended(Error),
    Gone,
}

impl Supervisor {
    /// Run until the app exits, or nobody has a handle any more.
    pub(crate) async fn run(mut self) {
        while self.state != State::Over {
            let is_exiting = self.state == State::Stopping(Then::Exit);
            let event = tokio::select! {
                command = self.commands.recv(), if !is_exiting => self.accept(command),
                Some(news) = self.news.recv() => self.event_of(news),
                () = until(self.pause_over) => Event::PauseOver,
            };
            self.step(event);
        }
    }

    fn accept(&mut self, command: Option<Command>) -> Event {
        match command {
            Some(Command::Start(reply)) => {
                self.starts.push(reply);
                Event::StartAsked
            }
            Some(Command::Stop(reply)) => {
                self.stops.push(reply);
                Event::StopAsked
            }
            Some(Command::Hold(reply)) => {
                self.stops.push(reply);
                Event::HoldAsked
            }
            Some(Command::Release) => Event::Released,
            Some(Command::Exit(done)) => {
                self.exit = Some(done);
                Event::ExitAsked
            }
            None => Event::ExitAsked,
        }
    }

    fn event_of(&mut self, news: News) -> Event {
        match news {
            News::Ready(endpoint) => Event::Ready(endpoint),
            News::Ended(error) => Event::Ended {
                error,
                restart: self.restarts.after_crash(Instant::now()),
            },
            News::Gone => Event::Gone,
        }
    }

    fn step(&mut self, event: Event) {
        let (state, action) = next(mem::replace(&mut self.state, State::Stopped), event);
        self.state = state;
        match action {
            Action::Spawn => self.spawn(),
            Action::Stop => self.life = None,
            Action::Nothing => {}
        }
        self.pause_over = match &self.state {
            // A pause that no clock reaches is for ever.
            State::Waiting { restart, .. } => self
                .pause_over
                .or_else(|| Instant::now().checked_add(restart.delay)),
            _ => None,
        };
        self.tell();
        self.answer();
    }

    fn spawn(&mut self) {
        if self.state == State::Starting {
            self.restarts.forget();
        }
        let (life, stop) = oneshot::channel();
        self.life = Some(life);
        let news = self.news_sender.clone();
        let life = live(self.launch.clone(), news.clone(), stop);
        tokio::spawn(async move { tell(&news, last_word_of(life).await).await });
    }

    fn tell(&mut self) {
        let status = Status::from(&self.state);
        if *self.status.borrow() == status {
            return;
        }
        match &status.error {
            Some(error) => log::warn!("the sidecar is {:?}: {error}", status.status),
            None => log::info!("the sidecar is {:?}", status.status),
        }
        // First here: who hears of it may ask.
        self.status.send_replace(status.clone());
        let _ = self.told.send(status);
    }

    fn answer(&mut self) {
        let outcome = match &self.state {
            State::Ready(endpoint) => Some(Ok(endpoint.clone())),
            State::Failed(error) => Some(Err(error.clone())),
            State::Stopped | State::Over | State::Stopping(Then::Stay | Then::Exit) => {
                Some(Err(stopped()))
            }
            State::Held(_) | State::Stopping(Then::Hold(_)) => Some(Err(held())),
            _ => None,
        };
        if let Some(outcome) = outcome {
            for start in self.starts.drain(..) {
                // One that does not wait any more needs no answer.
                let _ = start.send(outcome.clone());
            }
        }
        if !matches!(self.state, State::Stopping(_)) {
            for stop in self.stops.drain(..) {
                let _ = stop.send(());
            }
        }
    }
}

/// What a process's task comes to. One that panics has ended its process with that, and the supervisor would wait for
/// its last word for ever.
async fn last_word_of(life: impl Future<Output = News> + Send + 'static) -> News {
    tokio::spawn(life).await.unwrap_or_else(|failure| {
        News::Ended(Error::new(
            ErrorCode::SidecarCrashed,
            format!("The task that watched the sidecar failed: {failure}."),
        ))
    })
}

/// One process, from its start to its end, and the last word on it. It is ended in order when `stop` is sent or
/// dropped.
async fn live(
    launch: Arc<Launch>,
    news: mpsc::Sender<News>,
    mut stop: oneshot::Receiver<()>,
) -> News {
    let mut process = match Process::spawn(&launch) {
        Ok(process) => process,
        Err(error) => return News::Ended(error),
    };
    let ended = tokio::select! {
        ended = run(&mut process, launch.start_limit, &news) => Some(ended),
        _ = &mut stop => None,
    };
    if let Some(error) = ended {
        process.leave();
        News::Ended(error)
    } else {
        process.stop().await;
        News::Gone
    }
}

/// Until it ends by itself, or is not what it should be; why.
async fn run(process: &mut Process, limit: Duration, news: &mpsc::Sender<News>) -> Error {
    match process.ready(limit).await {
        Ok(endpoint) => tell(news, News::Ready(endpoint)).await,
        Err(error) => {
            process.kill().await;
            return error;
        }
    }
    let ended = process.ended().await;
    Error::new(
        ErrorCode::SidecarCrashed,
        format!("The sidecar ended by itself {ended}"),
    )
}

async fn tell(news: &mpsc::Sender<News>, what: News) {
    // Without a supervisor there is none to be told.
    let _ = news.send(what).await;
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

fn stopped() -> Error {
    Error::new(
        ErrorCode::SidecarStopped,
        "The sidecar was stopped before it was ready.",
    )
}

fn held() -> Error {
    Error::new(
        ErrorCode::SidecarHeld,
        "The sidecar is not started now: an update of the app is being installed.",
    )
}

/// The restarts of the last minute.
struct Restarts {
    times: VecDeque<Instant>,
    first_delay: Duration,
}

impl Restarts {
    fn new(first_delay: Duration) -> Self {
        Self {
            times: VecDeque::new(),
            first_delay,
        }
    }

    /// The restart that a crash at this moment leads to, each after twice the pause of the one before; none where
    /// there were too many.
    fn after_crash(&mut self, now: Instant) -> Option<Restart> {
        self.times
            .retain(|time| now.duration_since(*time) < RESTARTS_WITHIN);
        if self.times.len() >= MOST_RESTARTS {
            return None;
        }
        let doublings = u32::try_from(self.times.len()).ok()?;
        self.times.push_back(now);
        Some(Restart {
            attempt: doublings + 1,
            delay: self.first_delay.saturating_mul(2_u32.pow(doublings)),
        })
    }

    fn forget(&mut self) {
        self.times.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: Duration = Duration::from_millis(250);

    #[test]
    fn each_pause_is_twice_the_one_before_and_there_are_five() {
        let mut restarts = Restarts::new(DELAY);
        let now = Instant::now();
        let pauses: Vec<_> = (0..6)
            .map(|_| {
                restarts
                    .after_crash(now)
                    .map(|restart| restart.delay.as_millis())
            })
            .collect();
        let expected = [
            Some(250),
            Some(500),
            Some(1000),
            Some(2000),
            Some(4000),
            None,
        ];
        assert_eq!(pauses, expected);
    }

    #[tokio::test]
    async fn a_task_that_panics_has_a_last_word() {
        let panics = async { panic!("of this test") };
        let News::Ended(error) = last_word_of(panics).await else {
            panic!("it is no end");
        };
        assert_eq!(error.code, ErrorCode::SidecarCrashed);
        assert!(error.message.contains("panicked"), "{}", error.message);
    }

    #[test]
    fn after_a_quiet_minute_the_count_begins_anew() {
        let mut restarts = Restarts::new(DELAY);
        let now = Instant::now();
        for _ in 0..5 {
            restarts.after_crash(now);
        }
        assert_eq!(restarts.after_crash(now + Duration::from_secs(59)), None);
        let after = restarts.after_crash(now + Duration::from_secs(60));
        assert_eq!(after.map(|restart| restart.attempt), Some(1));
    }
}

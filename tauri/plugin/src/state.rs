//! What the sidecar is doing, and how that changes: one enum, and all its transitions in [`next`].

use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, ErrorCode};
use crate::token::Token;

/// Where the sidecar answers, and what it wants to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// `http://127.0.0.1:PORT`, without a slash at its end.
    pub url: String,
    /// For the header `Authorization: Bearer TOKEN`.
    pub token: Token,
}

/// What the sidecar is doing, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// There is no process, and none was asked for.
    Stopped,
    /// The process was started and has not said yet that it is ready.
    Starting,
    /// It answers.
    Ready,
    /// It ended by itself; it is being started again, or will be in a moment.
    Restarting,
    /// There is no process, and none will be started until it is asked for.
    Failed,
    /// It was told to end, and has not yet.
    Stopping,
}

/// The state of the sidecar, as the page gets it. It never holds the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What it is doing.
    pub status: Phase,
    /// Where it answers; only while it is ready.
    pub url: Option<String>,
    /// Why it failed, or is being restarted.
    pub error: Option<Error>,
    /// How many restarts there were in the last minute, the one under way included; 0 unless it is being restarted.
    pub attempt: u32,
    /// How long it is until the restart, counted from when this was told; none once it has begun.
    pub retry_in_ms: Option<u64>,
}

/// A restart that is due after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restart {
    pub(crate) attempt: u32,
    pub(crate) delay: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Stopped,
    Starting,
    Ready(Endpoint),
    /// It crashed, and the pause before its restart is not over.
    Waiting {
        error: Error,
        restart: Restart,
    },
    /// It crashed, and its restart is under way.
    Restarting {
        error: Error,
        attempt: u32,
    },
    Failed(Error),
    /// Its process was told to end, and has not yet.
    Stopping(Then),
    /// There is no process, and none is started before so many have let go of it.
    Held(u32),
    /// The app exits: there is no process, and none is started any more.
    Over,
}

/// What comes when the process that was told to end is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Stay,
    /// Somebody asked for a start since.
    Start,
    /// So many hold it.
    Hold(u32),
    Exit,
}

/// What happens to the sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Somebody wants it to run.
    StartAsked,
    /// Somebody wants it to end.
    StopAsked,
    /// Somebody wants it to end, and nobody to start it.
    HoldAsked,
    /// One of those who hold it has let go.
    Released,
    /// The app exits.
    ExitAsked,
    /// The process said that it is ready.
    Ready(Endpoint),
    /// The process ended by itself, or could not be started; and what the limit on crashes says of it.
    Ended {
        error: Error,
        restart: Option<Restart>,
    },
    /// The pause before a restart is over.
    PauseOver,
    /// The process that was told to end is gone.
    Gone,
}

/// What is to be done at a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    Spawn,
    Stop,
}

/// Every transition, by what happens. An event that has no meaning in a state (any more) leaves it as it is.
#[expect(
    clippy::match_same_arms,
    reason = "each transition has a line of its own"
)]
pub(crate) fn next(state: State, event: Event) -> (State, Action) {
    use Action::{Nothing, Spawn, Stop};
    use State::{Failed, Held, Over, Ready, Restarting, Starting, Stopped, Stopping, Waiting};
    use Then::{Exit, Hold, Start, Stay};

    match (state, event) {
        (Stopped | Failed(_), Event::StartAsked) => (Starting, Spawn),
        (Stopping(Stay), Event::StartAsked) => (Stopping(Start), Nothing),

        (Starting | Ready(_) | Restarting { .. }, Event::StopAsked) => (Stopping(Stay), Stop),
        (Stopping(Start), Event::StopAsked) => (Stopping(Stay), Nothing),
        (Waiting { .. } | Failed(_), Event::StopAsked) => (Stopped, Nothing),

        (Starting | Ready(_) | Restarting { .. }, Event::HoldAsked) => (Stopping(Hold(1)), Stop),
        (Stopping(Stay | Start), Event::HoldAsked) => (Stopping(Hold(1)), Nothing),
        (Stopping(Hold(by)), Event::HoldAsked) => (Stopping(Hold(by + 1)), Nothing),
        (Stopped | Waiting { .. } | Failed(_), Event::HoldAsked) => (Held(1), Nothing),
        (Held(by), Event::HoldAsked) => (Held(by + 1), Nothing),
        (Stopping(Hold(1)), Event::Released) => (Stopping(Stay), Nothing),
        (Stopping(Hold(by)), Event::Released) => (Stopping(Hold(by - 1)), Nothing),
        (Held(1), Event::Released) => (Stopped, Nothing),
        (Held(by), Event::Released) => (Held(by - 1), Nothing),

        (Starting | Ready(_) | Restarting { .. }, Event::ExitAsked) => (Stopping(Exit), Stop),
        (Stopping(_), Event::ExitAsked) => (Stopping(Exit), Nothing),
        (Stopped | Waiting { .. } | Failed(_) | Held(_), Event::ExitAsked) => (Over, Nothing),

        (Starting | Restarting { .. }, Event::Ready(endpoint)) => (Ready(endpoint), Nothing),

        (Starting, Event::Ended { error, .. }) => (Failed(error), Nothing),
        (Restarting { .. }, Event::Ended { error, .. }) if !may_pass(&error) => {
            (Failed(error), Nothing)
        }
        (Ready(_) | Restarting { .. }, Event::Ended { error, restart }) => match restart {
            Some(restart) => (Waiting { error, restart }, Nothing),
            None => (Failed(keeps_crashing(&error)), Nothing),
        },
        (Waiting { error, restart }, Event::PauseOver) => {
            let attempt = restart.attempt;
            (Restarting { error, attempt }, Spawn)
        }

        // Told to end, it may have crashed first.
        (Stopping(then), Event::Gone | Event::Ended { .. }) => match then {
            Stay => (Stopped, Nothing),
            Start => (Starting, Spawn),
            Hold(by) => (Held(by), Nothing),
            Exit => (Over, Nothing),
        },

        (state, _) => (state, Nothing),
    }
}

/// Whether another start may end otherwise: one without a program cannot, and one that hung is a long wait already.
fn may_pass(error: &Error) -> bool {
    !matches!(
        error.code,
        ErrorCode::SidecarNotFound | ErrorCode::SidecarStartTimedOut
    )
}

fn keeps_crashing(last: &Error) -> Error {
    Error::new(
        ErrorCode::SidecarKeepsCrashing,
        format!(
            "The sidecar keeps ending by itself. The last time: {}",
            last.message
        ),
    )
}

impl From<&State> for Status {
    fn from(state: &State) -> Self {
        let status = Status {
            status: Phase::Stopped,
            url: None,
            error: None,
            attempt: 0,
            retry_in_ms: None,
        };
        match state {
            // What holds it is the app's own affair: the page reads why when it asks for a start.
            State::Stopped | State::Held(_) | State::Over => status,
            State::Starting => Status {
                status: Phase::Starting,
                ..status
            },
            State::Ready(endpoint) => Status {
                status: Phase::Ready,
                url: Some(endpoint.url.clone()),
                ..status
            },
            State::Waiting { error, restart } => Status {
                status: Phase::Restarting,
                error: Some(error.clone()),
                attempt: restart.attempt,
                retry_in_ms: u64::try_from(restart.delay.as_millis()).ok(),
                ..status
            },
            State::Restarting { error, attempt } => Status {
                status: Phase::Restarting,
                error: Some(error.clone()),
                attempt: *attempt,
                ..status
            },
            State::Failed(error) => Status {
                status: Phase::Failed,
                error: Some(error.clone()),
                ..status
            },
            State::Stopping(_) => Status {
                status: Phase::Stopping,
                ..status
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn error(code: ErrorCode) -> Error {
        Error::new(code, "it ended")
    }

    fn endpoint() -> Endpoint {
        Endpoint {
            url: "http://127.0.0.1:1".into(),
            token: Token::random().unwrap(),
        }
    }

    const RESTART: Restart = Restart {
        attempt: 2,
        delay: Duration::from_millis(500),
    };

    /// Where each event leads to from each state, `=` being where it was, and what is done then.
    const TABLE: &str = "
        from        start-asked     stop-asked     hold-asked     released  exit-asked    ready  crash           last-crash      pause-over        gone
        stopped     starting+spawn  =              held           =         over          =      =               =               =                 =
        starting    =               stopping+stop  holding+stop   =         exiting+stop  ready  failed          failed          =                 =
        ready       =               stopping+stop  holding+stop   =         exiting+stop  =      waiting         given-up        =                 =
        waiting     =               stopped        held           =         over          =      =               =               restarting+spawn  =
        restarting  =               stopping+stop  holding+stop   =         exiting+stop  ready  waiting         given-up        =                 =
        failed      starting+spawn  stopped        held           =         over          =      =               =               =                 =
        stopping    start-again     =              holding        =         exiting       =      stopped         stopped         =                 stopped
        start-again =               stopping       holding        =         exiting       =      starting+spawn  starting+spawn  =                 starting+spawn
        holding     =               =              holding-twice  stopping  exiting       =      held            held            =                 held
        holding-twice =             =              holding-thrice holding   exiting       =      held-twice      held-twice      =                 held-twice
        held        =               =              held-twice     stopped   over          =      =               =               =                 =
        held-twice  =               =              held-thrice    held      over          =      =               =               =                 =
        exiting     =               =              =              =         =             =      over            over            =                 over
        over        =               =              =              =         =             =      =               =               =                 =
    ";

    /// Each row's state, and where each event leads to from there.
    fn table() -> impl Iterator<Item = (&'static str, Vec<(&'static str, &'static str)>)> {
        let mut rows = TABLE.trim().lines().map(str::split_whitespace);
        let events: Vec<_> = rows.next().unwrap().skip(1).collect();
        rows.map(move |mut row| {
            let from = row.next().unwrap();
            let outcomes: Vec<_> = events.iter().copied().zip(row.by_ref()).collect();
            assert_eq!((outcomes.len(), row.next()), (events.len(), None), "{from}");
            (from, outcomes)
        })
    }

    fn state(name: &str, endpoint: &Endpoint) -> State {
        let crash = || error(ErrorCode::SidecarCrashed);
        match name {
            "stopped" => State::Stopped,
            "starting" => State::Starting,
            "ready" => State::Ready(endpoint.clone()),
            "waiting" => State::Waiting {
                error: crash(),
                restart: RESTART,
            },
            "restarting" => State::Restarting {
                error: crash(),
                attempt: RESTART.attempt,
            },
            "failed" => State::Failed(crash()),
            "given-up" => State::Failed(keeps_crashing(&crash())),
            "stopping" => State::Stopping(Then::Stay),
            "start-again" => State::Stopping(Then::Start),
            "holding" => State::Stopping(Then::Hold(1)),
            "holding-twice" => State::Stopping(Then::Hold(2)),
            "exiting" => State::Stopping(Then::Exit),
            "holding-thrice" => State::Stopping(Then::Hold(3)),
            "held" => State::Held(1),
            "held-twice" => State::Held(2),
            "held-thrice" => State::Held(3),
            "over" => State::Over,
            _ => panic!("no state {name}"),
        }
    }

    fn event(name: &str, endpoint: &Endpoint) -> Event {
        let ended = |restart| Event::Ended {
            error: error(ErrorCode::SidecarCrashed),
            restart,
        };
        match name {
            "start-asked" => Event::StartAsked,
            "stop-asked" => Event::StopAsked,
            "hold-asked" => Event::HoldAsked,
            "released" => Event::Released,
            "exit-asked" => Event::ExitAsked,
            "ready" => Event::Ready(endpoint.clone()),
            "crash" => ended(Some(RESTART)),
            "last-crash" => ended(None),
            "pause-over" => Event::PauseOver,
            "gone" => Event::Gone,
            _ => panic!("no event {name}"),
        }
    }

    #[test]
    fn every_state_meets_every_event() {
        let endpoint = endpoint();
        for (from, outcomes) in table() {
            for (event_name, outcome) in outcomes {
                let (to, action) = match outcome.split_once('+') {
                    Some((to, "spawn")) => (to, Action::Spawn),
                    Some((to, "stop")) => (to, Action::Stop),
                    Some((_, action)) => panic!("no action {action}"),
                    None => (outcome, Action::Nothing),
                };
                let to = if to == "=" { from } else { to };
                assert_eq!(
                    next(state(from, &endpoint), event(event_name, &endpoint)),
                    (state(to, &endpoint), action),
                    "{from} at {event_name}"
                );
            }
        }
    }

    /// The page that tells apps what a status goes on to.
    const DOCS: &str = include_str!("../../../docs/tauri.md");

    #[test]
    fn the_statuses_go_on_as_the_documentation_says() {
        let endpoint = endpoint();
        let word = |name: &str| {
            let status = Status::from(&state(name, &endpoint)).status;
            serde_json::to_value(status).unwrap()
        };
        let mut leads_to = BTreeMap::<_, BTreeSet<_>>::new();
        for (from, outcomes) in table() {
            for (_, outcome) in outcomes {
                let to = outcome.split('+').next().unwrap();
                if to != "=" {
                    let (from, to) = (word(from), word(to));
                    // Of a status that stays the page hears only where its contents change.
                    if from != to || from == "restarting" {
                        let from = from.as_str().unwrap().to_owned();
                        leads_to
                            .entry(from)
                            .or_default()
                            .insert(to.as_str().unwrap().to_owned());
                    }
                }
            }
        }
        for (from, to) in leads_to {
            let row = DOCS
                .lines()
                .find(|line| line.starts_with(&format!("| `{from}` |")));
            let last = row
                .unwrap()
                .trim_end_matches(" |")
                .rsplit(" | ")
                .next()
                .unwrap();
            let told: BTreeSet<_> = last
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect();
            assert_eq!(told, to, "{from}");
        }
    }

    #[test]
    fn a_restart_without_a_program_or_that_hangs_is_not_tried_again() {
        for code in [ErrorCode::SidecarNotFound, ErrorCode::SidecarStartTimedOut] {
            let restarting = State::Restarting {
                error: error(ErrorCode::SidecarCrashed),
                attempt: 1,
            };
            let event = Event::Ended {
                error: error(code),
                restart: Some(RESTART),
            };
            assert_eq!(
                next(restarting, event),
                (State::Failed(error(code)), Action::Nothing)
            );
        }
    }

    #[test]
    fn a_status_is_told_as_the_page_reads_it() {
        let at = endpoint();
        let told = |state: &State| serde_json::to_value(Status::from(state)).unwrap();
        assert_eq!(
            told(&State::Ready(at.clone())),
            serde_json::json!({
                "status": "ready", "url": at.url, "error": null, "attempt": 0, "retry_in_ms": null
            })
        );
        let waiting = State::Waiting {
            error: error(ErrorCode::SidecarCrashed),
            restart: RESTART,
        };
        assert_eq!(
            told(&waiting),
            serde_json::json!({
                "status": "restarting", "url": null, "attempt": 2, "retry_in_ms": 500,
                "error": {"code": "SIDECAR_CRASHED", "message": "it ended"}
            })
        );
    }
}

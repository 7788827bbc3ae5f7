//! Sessions by target, at most two to each, as the sidecar's defaults have it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oracledb::{Config, Connection};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Failure;

const MOST_SESSIONS: usize = 2;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// All of it counts, so that a wrong password never rides on a right one.
#[derive(Clone, Deserialize, Eq, Hash, PartialEq)]
pub struct Target {
    connect_string: String,
    username: String,
    password: String,
}

/// The sessions of one target. Not the driver's own pool: README.md says why.
pub struct Pool {
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

#[derive(Default)]
pub struct Pools(Mutex<HashMap<Target, Arc<Pool>>>);

impl Pools {
    pub fn count(&self) -> usize {
        locked(&self.0).len()
    }

    pub fn of(&self, target: &Target) -> Arc<Pool> {
        Arc::clone(locked(&self.0).entry(target.clone()).or_insert_with(|| {
            Arc::new(Pool {
                permits: Arc::new(Semaphore::new(MOST_SESSIONS)),
                idle: Mutex::default(),
            })
        }))
    }
}

impl Pool {
    /// Waits for the right to a session; 503 where that takes too long.
    pub async fn permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(ACQUIRE_TIMEOUT, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Failure::new(503, "POOL_EXHAUSTED", "no session became free")),
        }
    }

    /// A session that was idle, or a new login. Blocks.
    pub fn session(&self, target: &Target) -> Result<Connection, Failure> {
        if let Some(session) = locked(&self.idle).pop() {
            return Ok(session);
        }
        let config = Config::default()
            .set_credentials(&target.username, &target.password)
            .set_connect_string(&target.connect_string)?
            .set_transport_connect_timeout(Some(CONNECT_TIMEOUT));
        Ok(oracledb::connect(config)?)
    }

    pub fn give_back(&self, session: Connection) {
        locked(&self.idle).push(session);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under these locks leaves them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

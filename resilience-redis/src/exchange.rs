//! One batch of scripts, and its answers.

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};

use crate::scripts::Script;

/// A script with its keys and arguments.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) script: Script,
    pub(crate) keys: Vec<String>,
    pub(crate) args: Vec<String>,
}

/// The text that the store sends instead of an answer.
pub(crate) type Answer = Result<Value, String>;

/// Why a batch has no answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The connection is lost. The commands may have been executed.
    Connection(String),
    /// The server is a node of a cluster that does not have the keys. No command was executed.
    Moved {
        error: String,
        /// The node that has them, as `host:port`.
        address: String,
    },
}

/// Sends the commands together, by the digests of their scripts. Scripts that the store does not know are sent again
/// with their text. Returns each answer with the index of its command, in the order in which they were executed.
///
/// # Errors
/// If the connection is lost, or the keys are elsewhere.
pub(crate) async fn exchange(
    mut connection: MultiplexedConnection,
    commands: Vec<Command>,
) -> Result<Vec<(usize, Answer)>, Lost> {
    let first = send(&mut connection, commands.iter().map(|command| (command, false))).await?;
    if let Some(moved) = first.iter().find_map(|answer| moved(answer.as_ref().err()?)) {
        return Err(moved);
    }
    let is_unknown = |answer: &RedisResult<Value>| matches!(answer, Err(error) if error.kind() == NO_SCRIPT);
    let (unknown, mut answers): (Vec<_>, Vec<_>) =
        first.into_iter().enumerate().partition(|(_, answer)| is_unknown(answer));
    if !unknown.is_empty() {
        let again = unknown.iter().map(|(index, _)| (&commands[*index], true));
        let again = send(&mut connection, again).await?;
        answers.extend(unknown.iter().map(|(index, _)| *index).zip(again));
    }
    let text =
        |(index, answer): (usize, RedisResult<Value>)| (index, answer.map_err(|error| explained(&error)));
    Ok(answers.into_iter().map(text).collect())
}

/// All keys lie in one slot, so if one command was sent to the wrong node, all were.
fn moved(error: &RedisError) -> Option<Lost> {
    let (address, _) = error.redirect_node().filter(|_| error.kind() == MOVED)?;
    Some(Lost::Moved { error: error.to_string(), address: address.to_owned() })
}

/// What servers before 5.0 answer: to a command that they do not know, in a script that they call, and to a script that
/// writes after it has read the clock.
const OLD: [&str; 3] =
    ["unknown command", "unknown redis command", "write commands not allowed after non deterministic"];

fn explained(error: &RedisError) -> String {
    let text = error.to_string();
    let lower = text.to_lowercase();
    if OLD.iter().any(|old| lower.contains(old)) {
        return format!("{text}: the server is too old, 5.0 or later is needed; or the command is disabled");
    }
    text
}

const NO_SCRIPT: ErrorKind = ErrorKind::Server(ServerErrorKind::NoScript);
const MOVED: ErrorKind = ErrorKind::Server(ServerErrorKind::Moved);

async fn send(
    connection: &mut MultiplexedConnection,
    commands: impl Iterator<Item = (&Command, bool)>,
) -> Result<Vec<RedisResult<Value>>, Lost> {
    let mut batch = Pipeline::new();
    batch.ignore_errors();
    for (Command { script, keys, args }, with_text) in commands {
        let mut command = if with_text {
            let mut command = redis::cmd("EVAL");
            command.arg(crate::scripts::text(*script));
            command
        } else {
            let mut command = redis::cmd("EVALSHA");
            command.arg(script.loaded().get_hash());
            command
        };
        command.arg(keys.len()).arg(keys).arg(args);
        batch.add_command(command);
    }
    batch.query_async(connection).await.map_err(|error| Lost::Connection(explained(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Server;

    fn command(script: Script) -> Command {
        Command {
            script,
            keys: vec!["nodes".into(), "V".into()],
            args: ["n", "5000000", "nonce", "1000"].map(String::from).into(),
        }
    }

    #[tokio::test]
    async fn answers_come_in_the_order_of_execution_although_an_unknown_script_is_sent_again() {
        let server = Server::start();
        let client = redis::Client::open(server.url()).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await.expect("it listens");
        let order = async |scripts: [Script; 2]| {
            let answers = exchange(connection.clone(), scripts.map(command).into()).await.expect("answers");
            answers.iter().map(|(index, answer)| (*index, answer.is_ok())).collect::<Vec<_>>()
        };
        assert_eq!(order([Script::Beat, Script::Beat]).await, [(0, true), (1, true)]);
        assert_eq!(order([Script::Leave, Script::Beat]).await, [(1, true), (0, true)]);
        assert_eq!(order([Script::Leave, Script::Beat]).await, [(0, true), (1, true)]);
    }
}

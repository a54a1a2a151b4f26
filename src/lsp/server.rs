//! The order of things: messages in, one after the other, answers out, checks when nothing waits.

use super::requests::{self, Refused};
use super::session::{Client, Session};
use super::text::Encoding;
use super::wire::{self, Id, Incoming, error};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::Duration;

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client asked for the end, and then for the exit.
    Orderly,
    /// The client left without asking for the end first, or the stream ended: exit code 1, as the protocol wants.
    Abrupt,
}

/// Speaks the protocol on two streams until the client leaves.
pub fn serve(input: impl BufRead + Send + 'static, output: impl Write) -> End {
    let (send, receive) = channel();
    let reader = move || {
        let mut input = input;
        while let Ok(Some(message)) = wire::read(&mut input) {
            let exit = matches!(&message, Incoming::Notification { method, .. } if method == "exit");
            if send.send(message).is_err() || exit {
                return;
            }
        }
    };
    if std::thread::Builder::new().name("lsp-reader".into()).spawn(reader).is_err() {
        return End::Abrupt;
    }
    let mut server = Server {
        receive,
        output,
        queue: VecDeque::new(),
        cancelled: BTreeSet::new(),
        session: None,
        stopped: false,
        gone: false,
    };
    server.run()
}

struct Server<W> {
    receive: Receiver<Incoming>,
    output: W,
    queue: VecDeque<Incoming>,
    /// Requests that the client has taken back.
    cancelled: BTreeSet<Id>,
    /// From `initialize` on.
    session: Option<Session>,
    /// After `shutdown`.
    stopped: bool,
    /// The stream has ended.
    gone: bool,
}

impl<W: Write> Server<W> {
    fn run(&mut self) -> End {
        loop {
            self.drain();
            if let Some(message) = self.queue.pop_front() {
                if matches!(&message, Incoming::Notification { method, .. } if method == "exit") {
                    return if self.stopped { End::Orderly } else { End::Abrupt };
                }
                self.handle(message);
            } else if self.gone {
                return End::Abrupt;
            } else {
                match self.session.as_ref().filter(|_| !self.stopped).and_then(Session::due) {
                    None => self.wait(None),
                    Some(pause) if pause.is_zero() => self.work(),
                    Some(pause) => self.wait(Some(pause)),
                }
            }
            if self.flush().is_err() {
                return End::Abrupt;
            }
        }
    }

    /// Takes every message that is there, so that what takes a request back is seen before the request is done.
    fn drain(&mut self) {
        loop {
            match self.receive.try_recv() {
                Ok(message) => self.came(message),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.gone = true;
                    return;
                }
            }
        }
    }

    fn wait(&mut self, at_most: Option<Duration>) {
        let came = match at_most {
            None => self.receive.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(pause) => self.receive.recv_timeout(pause),
        };
        match came {
            Ok(message) => self.came(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.gone = true,
        }
    }

    fn came(&mut self, message: Incoming) {
        if let Incoming::Notification { method, params } = &message
            && method == "$/cancelRequest"
        {
            let id = params.get("id").and_then(|id| serde_json::from_value::<Id>(id.clone()).ok());
            let waits = |id: &Id| {
                self.queue.iter().any(|m| matches!(m, Incoming::Request { id: other, .. } if other == id))
            };
            // One that is answered already is forgotten, or the next one of that name would be refused.
            self.cancelled.extend(id.filter(waits));
            return;
        }
        self.queue.push_back(message);
    }

    fn handle(&mut self, message: Incoming) {
        match message {
            Incoming::Request { id, method, params } => {
                let result = if self.cancelled.remove(&id) {
                    Err(Refused { code: error::CANCELLED, why: "cancelled".into() })
                } else {
                    self.request(&method, params)
                };
                let answer = match result {
                    Ok(result) => wire::answer(&id, &result),
                    Err(refused) => wire::refusal(Some(&id), refused.code, &refused.why),
                };
                self.send(&answer);
            }
            Incoming::Notification { method, params } => {
                let Some(session) = self.session.as_mut().filter(|_| !self.stopped) else { return };
                if let Err(refused) = guarded(|| requests::notified(session, &method, params)) {
                    self.log(&format!("{method}: {}", refused.why));
                }
            }
            Incoming::Response => {}
            Incoming::Malformed { id, code, why } => self.send(&wire::refusal(id.as_ref(), code, &why)),
        }
    }

    fn request(&mut self, method: &str, params: Value) -> Result<Value, Refused> {
        let invalid = |why: &str| Refused { code: error::INVALID_REQUEST, why: why.into() };
        if self.stopped {
            return Err(invalid("the server is shut down"));
        }
        if method == "initialize" {
            if self.session.is_some() {
                return Err(invalid("`initialize` comes once"));
            }
            let (encoding, client) = (encoding(&params), client(&params));
            self.session = Some(Session::new(encoding, client));
            return Ok(requests::capabilities(encoding));
        }
        let Some(session) = self.session.as_mut() else {
            return Err(Refused { code: error::NOT_INITIALIZED, why: "`initialize` comes first".into() });
        };
        if method == "shutdown" {
            self.stopped = true;
            return Ok(Value::Null);
        }
        guarded(|| requests::asked(session, method, params))
    }

    fn work(&mut self) {
        let Some(session) = self.session.as_mut() else { return };
        let done = guarded(|| {
            session.work();
            Ok(())
        });
        if let Err(refused) = done {
            self.log(&refused.why);
        }
    }

    fn log(&mut self, text: &str) {
        let params = json!({ "type": 1, "message": text });
        self.send(&wire::notification("window/logMessage", &params));
    }

    fn send(&mut self, message: &Value) {
        // A client that does not listen any more is found out by `flush`.
        let _ = wire::write(&mut self.output, message);
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let messages = self.session.as_mut().map(|s| std::mem::take(&mut s.out)).unwrap_or_default();
        messages.iter().try_for_each(|m| wire::write(&mut self.output, m))?;
        self.output.flush()
    }
}

/// Does something that may hold a bug of ours: it ends there, and is told as what it is.
fn guarded<T>(run: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let why =
            format!("this is a bug in mlpipe, not in your spec: please report it with the spec: {said}");
        Err(Refused { code: error::INTERNAL, why })
    })
}

/// Bytes where the client can count them: nothing has to be converted then.
fn encoding(params: &Value) -> Encoding {
    let offered = &params["capabilities"]["general"]["positionEncodings"];
    let utf8 = offered.as_array().is_some_and(|all| all.iter().any(|e| e == "utf-8"));
    if utf8 { Encoding::Utf8 } else { Encoding::Utf16 }
}

fn client(params: &Value) -> Client {
    let can = |path: &str| params["capabilities"].pointer(path).and_then(Value::as_bool).unwrap_or(false);
    Client {
        snippets: can("/textDocument/completion/completionItem/snippetSupport"),
        symbol_tree: can("/textDocument/documentSymbol/hierarchicalDocumentSymbolSupport"),
        watches: can("/workspace/didChangeWatchedFiles/dynamicRegistration"),
        opens: can("/textDocument/synchronization/dynamicRegistration"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_of_ours_is_an_answer() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let answers = [guarded::<()>(|| panic!("an index of {}", 7)), guarded::<()>(|| panic!("plain"))];
        std::panic::set_hook(hook);
        for (answer, said) in answers.into_iter().zip(["an index of 7", "plain"]) {
            let refused = answer.expect_err("refused");
            assert_eq!(refused.code, error::INTERNAL);
            assert!(refused.why.contains("bug in mlpipe") && refused.why.ends_with(said), "{}", refused.why);
        }
    }
}

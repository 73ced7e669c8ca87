use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, Request};
use resilience::http::{HttpPoll, json, status};
use resilience::telemetry::{self, Event};

use crate::server::{Asked, Reply, Server, answer, with};
use crate::{error, quick};

#[tokio::test]
async fn no_message_has_credentials_or_a_query_in_it() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let server = Server::start(|asked| match asked.path.split('?').next().unwrap() {
        "/hangup" => Reply::Last(Vec::new()),
        "/half" => Reply::Last(b"HTTP/1.1 200 So\r\ncontent-length: 9\r\n\r\nx".into()),
        "/no" => answer(404, ""),
        _ => answer(200, "x"),
    })
    .await;
    for base in [&closed, &server.url] {
        for path in ["hangup", "half", "no", "yes"] {
            let url = base.replace("http://", "http://Secret:Secret@") + "/" + path + "?token=Secret#Secret";
            let poll = quick(&url).max_attempts(2).basic_auth("me", "Secret").header("x-key", "Secret");
            let poll = poll.bearer("Secret").alarm(status(200) & json(1)).until(status(200));
            assert!(!format!("{poll:?}").contains("Secret"), "{poll:?}");
            let error = poll.run().await.unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(!said.contains("Secret") && !said.contains("token"), "{said}");
            assert!(said.contains(&format!("/{path}?..")), "{said}");
        }
    }
    for url in
        ["http://me:Secret@", "http://me:Secret@ser ver", "http://me:Secret@server:99999", "me:Secret@server"]
    {
        let poll = HttpPoll::get(url).until(status(200));
        let error = poll.check().unwrap_err();
        assert!(!format!("{error} {error:?} {poll:?}").contains("Secret"), "{error:?} {poll:?}");
    }
    let poll = quick(&server.url).until(status(200));
    let error = poll.bearer("Secret\n").run().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
}

/// A secret is in everything that a request is made of, and in everything that comes back.
#[tokio::test]
async fn events_of_a_poll_show_no_secret() {
    let server = Server::start(|asked| {
        let secret = "x-key: Hidden\r\nset-cookie: token=Hidden\r\n";
        match asked.path.split('?').next().unwrap() {
            "/hangup" => Reply::Last(b"HTTP/1.1 200 Hidden\r\ncontent-length: 99\r\n\r\nHidden".into()),
            "/stall" => Reply::Stall(Vec::new()),
            "/later" => with(503, "retry-after: 7200\r\nx-key: Hidden\r\n", "Hidden"),
            "/moved" => with(302, "location: /no?token=Hidden#Hidden\r\n", "Hidden"),
            "/elsewhere" => with(302, "location: ftp://Hidden:Hidden@there/?token=Hidden\r\n", "Hidden"),
            "/text" => with(200, secret, "Hidden"),
            "/broken" => with(200, secret, r#"{"token": "Hidden", Hidden}"#),
            "/alarm" => with(200, secret, r#"{"token": "Hidden"}"#),
            _ => with(404, secret, r#"{"token": "Hidden"}"#),
        }
    })
    .await;
    let told = Arc::new(Mutex::new((Vec::new(), BTreeSet::new())));
    let (kept, thread) = (Arc::clone(&told), std::thread::current().id());
    let id = telemetry::listen(move |event| {
        // Other tests poll at the same time.
        if std::thread::current().id() == thread {
            let (texts, kinds) = &mut *kept.lock().unwrap();
            texts.push(format!("{event:?}"));
            match event {
                Event::Attempt(attempt) => {
                    texts.extend(attempt.error().map(|error| format!("{error} {error:#}")));
                    kinds.insert(if attempt.error().is_some() { "error" } else { "answer" }.to_owned());
                }
                Event::Call(call) => {
                    texts.extend(call.error().map(|error| format!("{error} {error:#}")));
                    kinds.insert(format!("{:?}", call.outcome()));
                }
                _ => {}
            }
        }
    });
    let paths = ["hangup", "stall", "later", "moved", "elsewhere", "text", "broken", "alarm", "no"];
    for ignores in [true, false] {
        for path in paths {
            let base = server.url.replace("http://", "http://Hidden:Hidden@");
            let mut request =
                Request::new(Method::POST, format!("{base}/{path}?token=Hidden#Hidden").parse().unwrap());
            *request.body_mut() = Some(r#"{"token": "Hidden"}"#.into());
            let poll = HttpPoll::request(request)
                .header("x-key", "Hidden")
                .bearer("Hidden")
                .interval(Duration::from_millis(1))
                .max_attempts(2)
                .ignore(move |_| ignores)
                .alarm(status(200) & json(serde_json::json!({"token": "Hidden"})))
                .until(status(200) & json("Hidden"));
            let poll = if path == "stall" { poll.deadline(Duration::from_millis(100)) } else { poll };
            assert!(poll.run().await.is_err(), "{path}");
        }
    }
    telemetry::unlisten(id);
    let (texts, kinds) = &*told.lock().unwrap();
    let texts = texts.join("\n");
    assert!(texts.contains("HttpPoll::run") && texts.contains("?.."), "{texts}");
    assert!(!texts.contains("Hidden") && !texts.contains("token"), "{texts}");
    let expected = [
        "Alarm",
        "GaveUp(Attempts)",
        "GaveUp(NotRetryable)",
        "GaveUp(RetryAfter)",
        "TimedOut",
        "answer",
        "error",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected, "all were looked at");
}

/// Two servers on two ports are two origins. What the second one was asked.
async fn asked_elsewhere(status: u16, send: impl FnOnce(HttpPoll) -> HttpPoll) -> Vec<Asked> {
    let other = Server::saying([answer(200, "")]).await;
    let location = format!("location: {}/there\r\n", other.url);
    let server = Server::saying([with(status, &location, "")]).await;
    let poll = send(quick(&format!("{}/job?token=Secret", server.url)).until(resilience::http::status(200)));
    poll.run().await.expect("it was redirected");
    other.asked()
}

#[tokio::test]
async fn only_a_short_list_of_headers_goes_to_another_origin() {
    for status in [301, 302, 303, 307, 308] {
        let asked = asked_elsewhere(status, |poll| {
            let secret =
                ["authorization", "cookie", "x-api-key", "proxy-authorization", "x-amz-security-token"];
            let poll = secret.into_iter().fold(poll, |poll, name| poll.header(name, "Secret"));
            let listed = ["accept", "accept-language", "cache-control", "user-agent"];
            listed.into_iter().fold(poll, |poll, name| poll.header(name, "listed"))
        })
        .await;
        let [asked] = asked.as_slice() else { panic!("{asked:?}") };
        assert!(!format!("{asked:?}").contains("Secret"), "{asked:?}");
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/there"));
        for name in ["accept", "accept-language", "cache-control", "user-agent"] {
            assert_eq!(asked.header(name), Some("listed"), "{name}");
        }
    }
}

#[tokio::test]
async fn no_referer_is_sent_and_headers_stay_within_one_origin() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/old?token=Secret" => with(302, "location: new\r\n", ""),
        _ => answer(200, ""),
    })
    .await;
    let poll = quick(&format!("{}/old?token=Secret", server.url)).header("x-key", "mine").bearer("mine");
    poll.until(status(200)).run().await.unwrap();
    let asked = server.asked().remove(1);
    assert_eq!((asked.path.as_str(), asked.header("referer")), ("/new", None));
    assert_eq!((asked.header("x-key"), asked.header("authorization")), (Some("mine"), Some("Bearer mine")));
}

/// What was taken away does not come back with the way back.
#[tokio::test]
async fn headers_that_another_origin_did_not_get_do_not_come_back() {
    let first = Arc::new(std::sync::OnceLock::<String>::new());
    let back = Arc::clone(&first);
    let other = Server::start(move |_| {
        with(302, &format!("location: {}/end\r\n", back.get().expect("a server")), "")
    })
    .await;
    let there = format!("location: {}/x\r\n", other.url);
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/end" => answer(200, ""),
        _ => with(302, &there, ""),
    })
    .await;
    first.set(server.url.clone()).unwrap();
    quick(&server.url).bearer("Secret").until(status(200)).run().await.unwrap();
    let end = server.asked().remove(1);
    assert_eq!((end.path.as_str(), end.header("authorization")), ("/end", None));
}

#[tokio::test]
async fn a_body_is_not_sent_to_another_origin() {
    for status in [307, 308] {
        let other = Server::saying([answer(200, "")]).await;
        let location = format!("location: {}/there\r\n", other.url);
        let server = Server::saying([with(status, &location, "")]).await;
        let mut request = Request::new(Method::POST, server.url.parse().unwrap());
        *request.body_mut() = Some("Secret".into());
        let error = error(HttpPoll::request(request).until(resilience::http::status(200)).run().await);
        assert!(error.is_request() && error.to_string().contains("another origin"), "{error}");
        assert_eq!(other.times(), 0);
    }
}

#[tokio::test]
async fn a_redirect_keeps_method_and_body_where_http_says_so() {
    for (status, method, kept) in [
        (301, Method::POST, ("GET", "")),
        (302, Method::POST, ("GET", "")),
        (303, Method::PUT, ("GET", "")),
        (303, Method::HEAD, ("HEAD", "")),
        (302, Method::PUT, ("PUT", "body")),
        (307, Method::POST, ("POST", "body")),
        (308, Method::PUT, ("PUT", "body")),
    ] {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/" => with(status, "location: /there\r\n", ""),
            _ => answer(200, ""),
        })
        .await;
        let mut request = Request::new(method.clone(), server.url.parse().unwrap());
        if method != Method::HEAD {
            *request.body_mut() = Some("body".into());
        }
        HttpPoll::request(request).until(resilience::http::status(200)).run().await.unwrap();
        let asked = server.asked().remove(1);
        assert_eq!((asked.method.as_str(), asked.body.as_str()), kept, "{status} {method}");
        assert_eq!(asked.header("content-length").is_some(), !kept.1.is_empty());
    }
}

#[tokio::test]
async fn a_redirect_without_a_target_is_a_response_and_one_to_another_scheme_an_error() {
    let server = Server::saying([answer(302, "")]).await;
    assert_eq!(quick(&server.url).until(status(302)).run().await.unwrap().status(), 302);
    let server = Server::saying([with(302, "location: ftp://127.0.0.1/Secret\r\n", "")]).await;
    let error = error(quick(&server.url).until(status(200)).run().await);
    assert!(error.is_request() && error.to_string().contains("`ftp`"), "{error}");
}

#[test]
fn an_error_of_a_configuration_does_not_quote_credentials() {
    for (key, value) in [
        ("auth", r#""s3cret""#),
        ("auth", r#"{"bearer": 53}"#),
        ("auth", r#"{"username": "me", "password": 53}"#),
        ("auth", r#"{"s3cret": "x"}"#),
        ("auth", r#"["me", "s3cret", "more"]"#),
        ("headers", r#""Authorization: s3cret""#),
        ("headers", r#"{"Authorization": 53}"#),
    ] {
        let data = format!(r#"{{"url": "http://h/", "until": {{"status_code": 200}}, "{key}": {value}}}"#);
        let error = serde_json::from_str::<HttpPoll>(&data).expect_err(value).to_string();
        assert!(error.contains(&format!("`{key}`: expected ")), "{error}");
        assert!(!error.contains("s3cret") && !error.contains("53"), "{error}");
    }
}

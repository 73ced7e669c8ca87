use resilience::http::{HttpPoll, json, status};

use crate::quick;
use crate::server::{Reply, Server, answer};

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

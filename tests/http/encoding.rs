//! Compressed responses.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use resilience::http::{HttpError, status, text};

use crate::server::{Server, with};
use crate::{error, quick};

fn compressed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("written to memory");
    encoder.finish().expect("written to memory")
}

async fn server(body: impl AsRef<[u8]>) -> Server {
    Server::saying([with(200, "content-encoding: gzip\r\n", body)]).await
}

#[tokio::test]
async fn a_compressed_body_is_asked_for_and_decoded() {
    let server = server(compressed(b"done")).await;
    quick(&server.url).until(text("done")).run().await.unwrap();
    assert!(server.asked()[0].header("accept-encoding").unwrap().contains("gzip"));
}

#[tokio::test]
async fn the_limit_of_a_body_holds_for_its_decoded_bytes() {
    const SIZE: usize = 8 << 20;
    let bomb = compressed(&vec![0; SIZE]);
    assert!(bomb.len() < SIZE / 900);
    let server = server(bomb).await;
    let ended = error(quick(&server.url).until(status(200)).run().await);
    assert!(ended.is_body() && ended.to_string().contains("exceeds the 1048576 bytes"), "{ended}");

    let server = self::server(compressed(&[b'x'; 1000])).await;
    let poll = |most| quick(&server.url).until(status(200)).max_body(most);
    assert!(error(poll(999).run().await).is_body());
    assert_eq!(poll(1000).run().await.unwrap().bytes().len(), 1000);
}

#[tokio::test]
async fn a_body_that_is_not_compressed_as_it_says_is_an_error_of_the_body() {
    let cut_short = compressed(&[b'x'; 1000]);
    let cut_short = cut_short[..cut_short.len() / 2].to_vec();
    for body in [b"plain text".to_vec(), cut_short] {
        let server = server(body).await;
        let poll = quick(&server.url).until(status(200));
        assert!(error(poll.run().await).is_body());
        assert!(poll.ignore(HttpError::is_body).max_attempts(2).run().await.is_err());
        assert_eq!(server.times(), 3);
    }
}

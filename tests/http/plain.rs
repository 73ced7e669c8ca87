//! Without the features of TLS.

use reqwest::Client;
use resilience::http::{HttpPoll, status};
use serde_json::{Value, json as value};

use crate::quick;
use crate::server::{Server, answer, with};

const FEATURES: &str = "needs the feature `http-rustls` or `http-native-tls` of `resilience-runtime`";

#[tokio::test]
async fn a_url_or_a_setting_that_needs_tls_is_rejected_with_the_features_that_add_it() {
    let https = HttpPoll::get("https://server/job?token=secret").until(status(200));
    let error = https.check().unwrap_err();
    assert!(error.is_settings());
    let expected = format!("https://server/job?..: `https` {FEATURES}, or a client of your own");
    assert_eq!(error.to_string(), expected);
    assert!(crate::error(https.run().await).is_settings());
    assert!(https.client(Client::new()).check().is_ok(), "it may have TLS");

    let data = |part: Value| {
        let mut data = value!({"url": "http://server", "until": {"status_code": 200}});
        data.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        serde_json::from_value::<HttpPoll>(data)
    };
    assert!(data(value!({"verify": true})).is_ok());
    for part in
        [value!({"url": "https://server"}), value!({"verify": false}), value!({"ca_bundle": "/etc/ca.pem"})]
    {
        let error = data(part.clone()).unwrap_err().to_string();
        assert!(error.contains(FEATURES), "{part}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_to_https_is_an_error_that_names_the_features_that_add_it() {
    let server = Server::saying([with(302, "location: https://server/\r\n", ""), answer(200, "")]).await;
    let error = crate::error(quick(&server.url).until(status(200)).ignore(|_| true).run().await);
    assert!(error.to_string().contains(FEATURES), "{error}");
    assert_eq!(server.times(), 1);
}

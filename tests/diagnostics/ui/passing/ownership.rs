use super::*;

#[derive(Clone)]
struct Query(String);

fn send(query: Query) -> usize {
    query.0.into_bytes().len()
}

#[retry(clone(query))]
fn cloned(query: Query) -> Result<usize, TimedOut> {
    Ok(send(query))
}

#[poll(until(6), clone(query))]
async fn cloned_asynchronously(query: Query) -> Result<usize, TimedOut> {
    Ok(send(query))
}

#[asyncbackoff(1s, 2s)]
async fn borrowed(query: &Query) -> Result<usize, TimedOut> {
    Ok(send(query.clone()))
}

fn length(text: String) -> usize {
    text.into_bytes().len()
}

#[retry(clone(text))]
fn cloned_text(text: String) -> Result<usize, TimedOut> {
    Ok(length(text))
}

#[retry]
#[allow(clippy::needless_pass_by_value, reason = "it is what is tested")]
fn another_of_the_name(text: String) -> Result<usize, TimedOut> {
    let text = text.clone();
    Ok(length(text))
}

#[tokio::test]
async fn each_attempt_gets_its_own() {
    let query = Query("select".into());
    assert_eq!((cloned(query.clone()), borrowed(&query).await), (Ok(6), Ok(6)));
    assert_eq!(cloned_asynchronously(query).await, Ok(6));
    assert_eq!((cloned_text("text".into()), another_of_the_name("text".into())), (Ok(4), Ok(4)));
}

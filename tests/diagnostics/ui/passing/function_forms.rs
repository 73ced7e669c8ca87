use super::*;
use resilience::{poll, retry};

async fn get() -> io::Result<u8> {
    Ok(1)
}

fn read() -> io::Result<u8> {
    "1".parse().map_err(io::Error::other)
}

#[tokio::test]
async fn a_form_ends_as_its_operation_does() -> Result<(), Box<dyn StdError>> {
    let forms = retry(async || get().await).times(3).run();
    assert_eq!((forms.await?, retry(get).run().await?), (1, 1));
    assert_eq!(poll(async || get().await).until(|value| *value == 1).run().await?, 1);
    assert_eq!(retry(read).call()?, 1);
    assert_eq!(poll(read).until(|value| *value == 1).call()?, 1);
    Ok(())
}

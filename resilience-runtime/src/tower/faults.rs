//! Faults that tests inject in place of a service's response.

use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::sleep::{Pause, Wait};
use crate::telemetry::InjectedFault;

pin_project! {
    /// The response of a service. In a build without the feature `testing`, nothing else.
    #[project = FaultyProjection]
    pub(super) enum FaultyResponse<F> {
        Response { delay: Option<ServiceFault>, #[pin] response: F },
        InPlace { fault: ServiceFault },
    }
}

/// A fault that is under way.
pub(super) struct ServiceFault {
    fault: InjectedFault,
    /// The delay, before the first poll.
    delay: Option<Wait>,
    pause: Option<Pause>,
}

impl<F> FaultyResponse<F> {
    /// Calls the service, unless the fault replaces its response.
    pub(super) fn of(fault: Option<InjectedFault>, call: impl FnOnce() -> F) -> Self {
        let fault = fault.map(|fault| ServiceFault { delay: fault.latency(), pause: None, fault });
        match fault {
            Some(fault) if fault.fault.replaces_body() => Self::InPlace { fault },
            delay => Self::Response { delay, response: call() },
        }
    }
}

impl ServiceFault {
    fn poll<E: 'static>(&mut self, cx: &mut Context<'_>) -> Poll<Option<E>> {
        if let Some(delay) = self.delay.take() {
            self.pause = Some(delay.into_future());
        }
        if let Some(pause) = &mut self.pause {
            ready!(Pin::new(pause).poll(cx));
            self.pause = None;
        }
        Poll::Ready(self.fault.error())
    }
}

impl<Res, E: 'static, F: Future<Output = Result<Res, E>>> Future for FaultyResponse<F> {
    type Output = Result<Res, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Res, E>> {
        match self.project() {
            FaultyProjection::Response { delay, response } => {
                if let Some(fault) = delay {
                    ready!(fault.poll::<E>(cx));
                    *delay = None;
                }
                response.poll(cx)
            }
            FaultyProjection::InPlace { fault } => match ready!(fault.poll(cx)) {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }
}

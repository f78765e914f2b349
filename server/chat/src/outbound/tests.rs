//! What a client gets of what is queued for it, when the system takes little, nothing, or breaks off.

use super::*;
use futures_util::FutureExt;
use std::collections::VecDeque;
use std::task::Waker;

/// A connection whose other end reads when a test says so.
#[derive(Default)]
struct Pipe(Mutex<State>);

#[derive(Default)]
struct State {
    written: VecDeque<u8>,
    /// Bytes that still fit; none where the connection has broken.
    fits: Option<usize>,
    writes: usize,
    waker: Option<Waker>,
}

impl Pipe {
    fn reads(&self, bytes: usize) {
        let mut state = self.0.lock();
        *state.fits.get_or_insert(0) += bytes;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn breaks(&self) {
        self.0.lock().fits = None;
    }

    fn writes(&self) -> usize {
        self.0.lock().writes
    }

    /// The texts of whole frames that have come.
    fn texts(&self) -> Vec<String> {
        let bytes: Vec<u8> = self.0.lock().written.drain(..).collect();
        let (mut rest, mut texts) = (&bytes[..], Vec::new());
        while let Some((frame, after)) = Frame::split(rest) {
            texts.push(frame.text().to_owned());
            rest = after;
        }
        assert!(rest.is_empty(), "a frame that was begun has an end");
        texts
    }
}

impl RawSocket for Pipe {
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.0.lock();
        state.writes += 1;
        let before = state.fits.ok_or(io::ErrorKind::ConnectionReset)?;
        for part in parts {
            let count = part.len().min(state.fits.unwrap_or(0));
            state.written.extend(&part[..count]);
            state.fits = state.fits.map(|fits| fits - count);
        }
        let written = before - state.fits.unwrap_or(0);
        if written == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.fits != Some(0) {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn shutdown(&self) {}
}

fn outbound(fits: usize) -> (Arc<Outbound>, Arc<Pipe>) {
    let pipe = Arc::new(Pipe::default());
    pipe.reads(fits);
    (Outbound::new(Arc::clone(&pipe) as _, Arc::default()), pipe)
}

fn frame(text: &str) -> Frame {
    Frame::of_text(text)
}

#[tokio::test]
async fn what_waits_goes_out_in_one_write_and_in_order() {
    let (outbound, pipe) = outbound(1_000);
    for number in 0..10 {
        outbound.send(frame(&number.to_string()));
    }
    let writer = tokio::spawn(Arc::clone(&outbound.writers).run());
    while outbound.queued() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pipe.texts(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(pipe.writes(), 1);
    outbound.send(frame("again"));
    while outbound.queued() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pipe.texts(), ["again"]);
    writer.abort();
}

#[tokio::test]
async fn one_message_wakes_a_writer_once_for_all_connections() {
    let writers = Arc::<WriterPool>::default();
    let pipes: Vec<_> = (0..100).map(|_| Arc::new(Pipe::default())).collect();
    pipes.iter().for_each(|pipe| pipe.reads(100));
    let outbounds: Vec<_> =
        pipes.iter().map(|pipe| Outbound::new(Arc::clone(pipe) as _, Arc::clone(&writers))).collect();
    Outbound::send_all(outbounds.iter(), &[frame("a"), frame("b")]);
    tokio::spawn(writers.run());
    while outbounds.iter().any(|outbound| outbound.queued() > 0) {
        tokio::task::yield_now().await;
    }
    assert!(pipes.iter().all(|pipe| pipe.texts() == ["a", "b"] && pipe.writes() == 1));
}

#[tokio::test]
async fn what_does_not_fit_follows_from_the_clients_own_task() {
    let (outbound, pipe) = outbound(5);
    outbound.send(frame("hello"));
    outbound.send(frame("again"));
    outbound.flush();
    assert_eq!(pipe.0.lock().written.len(), 5, "within the first frame");
    let writing = tokio::spawn({
        let outbound = Arc::clone(&outbound);
        async move { outbound.run_until_closed().await }
    });
    // A pong comes after the frame that was begun, not within it.
    outbound.push_raw(&[0x81, 1, b'!']);
    while outbound.queued() > 0 {
        pipe.reads(1);
        tokio::task::yield_now().await;
    }
    assert_eq!(pipe.texts(), ["hello", "again", "!"]);
    outbound.close(CloseCode::GoingAway);
    assert_eq!(writing.await.unwrap(), Some(CloseCode::GoingAway));
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_closed_and_loses_nothing_from_the_middle() {
    let (outbound, pipe) = outbound(5);
    let long = "x".repeat(100);
    let mut most = 0;
    while outbound.queue.lock().closing.is_none() {
        outbound.send(frame(&long));
        outbound.flush();
        most = most.max(outbound.queued());
    }
    assert!((QUEUE_BYTES - 200..QUEUE_BYTES + 200).contains(&most), "{most}");
    assert!(outbound.queued() < 200, "nothing is kept for a client that is closed");
    assert_eq!(outbound.run_until_closed().await, Some(CloseCode::SlowConsumer));
    outbound.push_raw(&[0x88, 0]);
    pipe.reads(1_000);
    outbound.flush();
    assert_eq!(pipe.texts(), [&long, ""], "the frame that was begun, and the close");
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_takes_nothing_for_a_while_is_closed() {
    let (outbound, pipe) = outbound(5);
    for text in ["hello", "again"] {
        outbound.send(frame(text));
    }
    outbound.flush();
    let began = Instant::now();
    assert_eq!(outbound.run_until_closed().await, Some(CloseCode::SlowConsumer));
    assert_eq!(began.elapsed().as_secs(), WRITE_TIMEOUT.as_secs());
    outbound.send(frame("late"));
    outbound.finish(Instant::now()).await;
    pipe.reads(100);
    outbound.flush();
    assert_eq!(pipe.texts(), ["hello"], "the frame that was begun, and nothing of what waited behind it");
}

#[tokio::test(start_paused = true)]
async fn ending_a_connection_has_one_deadline_however_slowly_the_client_reads() {
    let (outbound, pipe) = outbound(5);
    let long = "x".repeat(10_000);
    outbound.send(frame(&long));
    outbound.close(CloseCode::SessionRevoked);
    let began = Instant::now();
    let timeout = Duration::from_secs(5);
    let reading = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            pipe.reads(100);
        }
    };
    tokio::select! {
        () = reading => {}
        () = outbound.finish(began + timeout) => {}
    }
    assert_eq!(began.elapsed(), timeout);
}

#[tokio::test]
async fn an_empty_queue_takes_any_one_frame_and_what_waits_behind_it_is_bounded() {
    let (outbound, pipe) = outbound(5);
    outbound.send(frame(&"x".repeat(3 * QUEUE_BYTES)));
    outbound.flush();
    let behind = "y".repeat(1_000);
    for _ in 0..1_000 {
        outbound.send(frame(&behind));
    }
    assert_eq!(outbound.queue.lock().closing, None, "a large frame and a megabyte behind it");
    for _ in 0..100 {
        outbound.send(frame(&behind));
    }
    assert_eq!(outbound.queue.lock().closing, Some(CloseCode::SlowConsumer));
    pipe.reads(4 * QUEUE_BYTES);
    outbound.flush();
    assert_eq!(pipe.texts(), ["x".repeat(3 * QUEUE_BYTES)]);
}

#[tokio::test]
async fn what_is_not_live_waits_until_the_queue_has_drained() {
    let (outbound, pipe) = outbound(0);
    assert!(outbound.drained().now_or_never().is_some());
    outbound.send(frame(&"x".repeat(QUEUE_BYTES / CATCH_UP_SHARE)));
    outbound.flush();
    let waiting = tokio::spawn({
        let outbound = Arc::clone(&outbound);
        async move { outbound.drained().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    pipe.reads(100);
    outbound.flush();
    waiting.await.unwrap();

    outbound.send(frame(&"x".repeat(QUEUE_BYTES / CATCH_UP_SHARE)));
    let waiting = tokio::spawn({
        let outbound = Arc::clone(&outbound);
        async move { outbound.drained().await }
    });
    tokio::task::yield_now().await;
    outbound.close(CloseCode::GoingAway);
    waiting.await.expect("a sender of pages must not wait for a client that is gone");
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_asks_for_pongs_and_reads_none_is_closed_too() {
    let (quick, pipe) = outbound(5);
    quick.send(frame("hello"));
    quick.flush();
    let pong = [0; 127];
    while quick.queue.lock().closing.is_none() {
        quick.push_raw(&pong);
    }
    assert!(quick.queued() <= QUEUE_BYTES, "what was begun and the pongs behind it");
    assert_eq!(pipe.0.lock().written.len(), 5);

    let (slow, _pipe) = outbound(5);
    slow.send(frame("hello"));
    slow.flush();
    let began = Instant::now();
    let asking = async {
        loop {
            tokio::time::sleep(WRITE_TIMEOUT / 10).await;
            slow.push_raw(&pong);
        }
    };
    let ended = tokio::select! {
        () = asking => None,
        code = slow.run_until_closed() => code,
    };
    assert_eq!((ended, began.elapsed()), (Some(CloseCode::SlowConsumer), WRITE_TIMEOUT), "asking is not reading");
}

#[tokio::test]
async fn a_reader_who_reads_gets_any_amount() {
    let (outbound, pipe) = outbound(0);
    let long = "x".repeat(100);
    for _ in 0..2 * QUEUE_BYTES / 100 {
        pipe.reads(200);
        outbound.send(frame(&long));
        outbound.flush();
    }
    assert_eq!(outbound.queue.lock().closing, None);
    assert_eq!(pipe.texts().len(), 2 * QUEUE_BYTES / 100);
}

#[tokio::test(start_paused = true)]
async fn what_was_queued_before_a_close_goes_out_and_nothing_after_it() {
    let (outbound, pipe) = outbound(3);
    outbound.send(frame("goaway"));
    outbound.close(CloseCode::GoingAway);
    outbound.close(CloseCode::SessionRevoked);
    outbound.send(frame("late"));
    let code = outbound.run_until_closed().await;
    let finishing = tokio::spawn({
        let outbound = Arc::clone(&outbound);
        async move { outbound.finish(Instant::now() + Duration::from_secs(5)).await }
    });
    tokio::task::yield_now().await;
    pipe.reads(100);
    finishing.await.unwrap();
    assert_eq!(
        (code, pipe.texts()),
        (Some(CloseCode::GoingAway), vec!["goaway".to_owned()]),
        "the first reason counts"
    );
}

#[tokio::test]
async fn a_broken_line_ends_and_keeps_nothing() {
    let (outbound, pipe) = outbound(100);
    pipe.breaks();
    outbound.send(frame("hello"));
    outbound.flush();
    assert_eq!((outbound.run_until_closed().await, outbound.queued()), (None, 0));
    outbound.send(frame("again"));
    outbound.finish(Instant::now()).await;
    assert_eq!((outbound.queued(), pipe.writes()), (0, 1));
}

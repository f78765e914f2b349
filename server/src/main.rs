//! The program `jackdaw`: reads its arguments and environment, and starts a node. An error ends it with a sentence.

mod cli;

use cli::Command;
use server::Config;
use std::process::ExitCode;

/// glibc's allocator does not return the memory of a burst of connections: after six rounds of 2,000 short-lived sockets a node had
/// 94 MB, with this allocator 32 MB (`make load LOAD=churn`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args()) {
        Ok(command) => command,
        // Prints itself: a mistake, or the help that was asked for.
        Err(error) => error.exit(),
    };
    match execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("jackdaw: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<(), String> {
    match command {
        Command::Healthcheck => return cli::healthcheck(),
        Command::Backup { to } => return cli::backup(to),
        Command::Verify { file } => return cli::verify(file),
        Command::Restore { file, database, replace } => return cli::restore(file, database, replace),
        Command::Limits => print!("{}", server::bounds::document()),
        command => {
            let config = Config::from_env().map_err(|error| error.to_string())?;
            server::telemetry::start(&config.log)?;
            let threads = config.threads as usize;
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
            let runtime = runtime.map_err(|error| format!("the runtime cannot be started: {error}"))?;
            return runtime.block_on(async {
                let told = match command {
                    Command::Migrate => migrate(&config).await?,
                    Command::Restored => restored(&config).await?,
                    Command::User(command) => cli::operate::user(&config, command).await?,
                    Command::Invite(command) => cli::operate::invite(&config, command).await?,
                    Command::Sessions { name, end } => server::operate::sessions(&config, &name, end).await?,
                    Command::Audit { count } => server::operate::audit(&config, count.into()).await?,
                    _ => return serve(config).await,
                };
                print!("{told}");
                Ok(())
            });
        }
    }
    Ok(())
}

async fn migrate(config: &Config) -> Result<String, String> {
    server::migrate(config).await.map_err(|error| error.to_string())?;
    Ok("The database is up to date.\n".to_owned())
}

async fn restored(config: &Config) -> Result<String, String> {
    server::restored(config).await.map_err(|error| error.to_string())?;
    Ok("The database has a new epoch: clients drop what they cached and send lost messages again.\n".to_owned())
}

async fn serve(config: Config) -> Result<(), String> {
    let address = config.http.listen;
    let listener = server::listen("LISTEN_ADDR", address).await?;
    tracing::info!("Jackdaw {} at http://{address}", env!("CARGO_PKG_VERSION"));
    server::run(config, listener, stop_signal()).await.map_err(|error| error.to_string())?;
    tracing::info!("stopped");
    Ok(())
}

/// Completes with the first SIGTERM or SIGINT after this call.
fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            tracing::error!("signals cannot be received; end this program with SIGKILL");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM, stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT, stopping"),
        }
    }
}

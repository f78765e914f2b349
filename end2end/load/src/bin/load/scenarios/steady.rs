//! The same rate for a while: the row that most questions are about.

use crate::environment::{Case, Environment, World};
use crate::report::Row;
use testbed::Error;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let rate = case.rate;
    let mut environment = Environment::set(world, case).await?;
    let (tally, cpu) = environment.measure(world, rate).await?;
    Ok(Row::of(&environment, rate, &tally, cpu))
}

//! The same rate for a while: the row that most questions are about.

use crate::report::Row;
use crate::stage::{Case, Stage, World};
use testbed::Error;

pub(crate) async fn run(world: &mut World, case: Case) -> Result<Row, Error> {
    let rate = case.rate;
    let mut stage = Stage::set(world, case).await?;
    let (tally, cpu) = stage.measure(world, rate).await?;
    Ok(Row::of(&stage, rate, &tally, cpu))
}

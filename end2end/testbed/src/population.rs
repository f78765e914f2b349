//! People, their sessions and their rooms, put straight into PostgreSQL: ten thousand in seconds.
//!
//! Nobody here has a password. Their access tokens are signed with the secret that the nodes were given.

mod seed;
mod token;

use crate::Error;
use protocol::{RoomId, SessionId, UnixMillis, User, UserId};
use uuid::Uuid;

/// Somebody with one or more devices that are signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub user: User,
    /// One session a device; all of a person's devices here share it.
    session: SessionId,
    /// Bearer token for REST and for `/ws`, good for a day.
    pub token: String,
    /// Where they are members.
    pub rooms: Vec<RoomId>,
}

/// How many, and how they are spread.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// People.
    pub people: usize,
    /// Rooms that each person is in.
    pub rooms_each: usize,
    /// Members of a room, from and to.
    pub members: (usize, usize),
}

/// Everybody, and where they meet.
#[derive(Clone, Debug)]
pub struct Population {
    /// In the order of their numbers.
    pub people: Vec<Person>,
    /// With the numbers of their members in `people`.
    pub rooms: Vec<(RoomId, Vec<usize>)>,
}

impl Population {
    /// Invents people and rooms, stores them in the database of `url`, whose schema must be there, and signs their tokens.
    ///
    /// # Errors
    /// Where the database does not take them.
    pub async fn gather(url: &str, secret: &str, plan: Plan, random: &mut fastrand::Rng) -> Result<Self, Error> {
        let population = Self::invent(secret, plan, random)?;
        population.store(url).await?;
        Ok(population)
    }

    /// Stores everybody and their rooms.
    ///
    /// # Errors
    /// Where the database does not take them.
    pub async fn store(&self, url: &str) -> Result<(), Error> {
        seed::store(url, self).await
    }

    /// The same without a database.
    ///
    /// # Errors
    /// Where a token cannot be signed.
    pub fn invent(secret: &str, plan: Plan, random: &mut fastrand::Rng) -> Result<Self, Error> {
        let mut people =
            (0..plan.people).map(|number| Person::invent(number, secret)).collect::<Result<Vec<_>, _>>()?;
        let mut rooms = Vec::new();
        for _ in 0..plan.rooms_each {
            for members in split(plan, random) {
                let id = RoomId(Uuid::now_v7());
                for number in &members {
                    people[*number].rooms.push(id);
                }
                rooms.push((id, members));
            }
        }
        Ok(Self { people, rooms })
    }
}

impl Person {
    fn invent(number: usize, secret: &str) -> Result<Self, Error> {
        let (id, session) = (UserId(Uuid::now_v7()), SessionId(Uuid::now_v7()));
        let user = User {
            id,
            username: format!("person{number}"),
            display_name: format!("Person {number}"),
            is_admin: false,
            created_at: UnixMillis(0),
            receipts: true,
        };
        Ok(Self { user, session, token: token::access(secret, id, session)?, rooms: Vec::new() })
    }
}

/// Everybody's numbers in groups of the planned sizes; who is left over joins the last.
fn split(plan: Plan, random: &mut fastrand::Rng) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..plan.people).collect();
    random.shuffle(&mut left);
    let mut groups = Vec::new();
    while !left.is_empty() {
        let size = random.usize(plan.members.0..=plan.members.1).min(left.len());
        let group = left.split_off(left.len() - size);
        match groups.last_mut() {
            Some(last) if size < plan.members.0 => Vec::extend(last, group),
            _ => groups.push(group),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_one_group_of_a_planned_size() {
        let plan = Plan { people: 203, rooms_each: 1, members: (10, 20) };
        let groups = split(plan, &mut fastrand::Rng::with_seed(3));
        let mut all: Vec<_> = groups.concat();
        all.sort_unstable();
        assert_eq!(all, (0..203).collect::<Vec<_>>());
        assert!(groups.iter().all(|group| (10..30).contains(&group.len())));
    }
}

//! A database with its URL, on either engine, and one with rows in every table.

use super::now;
use crate::harness::{Options, fresh_postgres, redis_url};
use crate::store::{Db, entry, stamp};
use protocol::{ClientId, Mark, ReportId, RoomId, RoomKind, Seq, SessionId, UnixMillis, UserId};
use std::path::PathBuf;
use std::sync::Arc;
use store::backup::{self, Form, Manifest, PartialFile, Progress};
use store::{
    Actor, Appended, ErasedMessages, NewInvite, NewReport, NewSession, Refusal, Revise, Revised, Revision, Store,
};
use tempfile::TempDir;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

pub(super) struct Database {
    pub(super) url: String,
    pub(super) folder: TempDir,
    /// A room with messages, and its owner.
    filled: Option<(RoomId, UserId)>,
}

/// What JSON, tabs and backslashes make difficult.
pub(super) const TEXT: &str = "a \"quoted\" \\N \\ and\ttab,\nnew line, \u{2028}, \u{7f}, ünï, \u{1f600}";

impl Database {
    /// One that does not exist yet, or has no tables.
    pub(super) async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}/jackdaw.db", folder.path().display()),
            Kind::Postgres => fresh_postgres().await,
        };
        Self { url, folder, filled: None }
    }

    /// One with rows in every table.
    pub(super) async fn filled(kind: Kind) -> Self {
        let mut database = Self::new(kind).await;
        database.fill().await;
        database
    }

    pub(super) fn open(&self) -> Arc<dyn Store> {
        store::open(&self.url, 4).unwrap()
    }

    /// The room that it was filled with, and its owner.
    pub(super) fn room(&self) -> (RoomId, UserId) {
        self.filled.unwrap()
    }

    /// For a node on it.
    pub(super) fn options(&self) -> Options {
        let options = Options::cluster(&self.url, &redis_url());
        options.set("DATA_DIR", self.folder.path().display().to_string())
    }

    pub(super) async fn summary(&self) -> Manifest {
        backup::summarize(&self.url, now(), &Progress::default()).await.unwrap()
    }

    /// The last number of a room.
    pub(super) async fn head(&self, room: RoomId) -> i64 {
        self.open().list_heads(&[room]).await.unwrap()[0].1.0
    }

    /// A backup in a file of its own.
    pub(super) async fn backup(&self) -> PathBuf {
        let extension = Form::of(&self.url).extension();
        let name = self.folder.path().join(format!("{}.{extension}", Uuid::now_v7()));
        let partial = PartialFile::create(&name).unwrap();
        backup::write_file(&self.url, now(), &partial, &Progress::default()).await.unwrap();
        partial.complete().unwrap();
        name
    }

    /// Restores a backup; returns the epoch that began.
    pub(super) async fn restore(&self, file: &std::path::Path, is_replaced: bool) -> backup::Result<Uuid> {
        let epoch = Uuid::now_v7();
        let restored = backup::restore(file, (&self.url, is_replaced), epoch, &Progress::default()).await?;
        assert_eq!(restored.epoch, epoch);
        Ok(epoch)
    }

    async fn fill(&mut self) {
        let url = self.url.clone();
        let db = Db::new(move || store::open(&url, 4).unwrap()).await;
        let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
        let user = db.store.find_user(ada).await.unwrap().unwrap();
        let (display_name, receipts) = (TEXT.to_owned(), false);
        db.store.update_user(&protocol::User { display_name, receipts, ..user }).await.unwrap();
        let session = |user_id, id| NewSession {
            id: SessionId(id),
            user_id,
            user_agent: TEXT.into(),
            created_at: UnixMillis(1),
            expires_at: UnixMillis(i64::MAX),
            password_hash: None,
        };
        let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
        db.store.create_session(session(ada, one)).await.unwrap();
        db.store.create_session(session(bob, two)).await.unwrap();
        db.store.revoke_session(bob, SessionId(two), UnixMillis(2)).await.unwrap();
        let room = db.room(RoomKind::Group, ada, &[bob]).await;
        let direct = db.room(RoomKind::Direct, ada, &[cy]).await;
        let deleted = db.room(RoomKind::Public, bob, &[]).await;
        let mut batch: Vec<_> = (0..300).map(|number| entry(room, ada, &format!("{number} {TEXT}"))).collect();
        batch.extend((0..20).map(|_| entry(direct, cy, "")));
        batch.extend((0..20).map(|_| entry(deleted, bob, "of a deleted room")));
        batch[5].reply_to = Some(Seq(2));
        for batch in batch.chunks(100) {
            db.store.append(batch).await.unwrap();
        }
        assert_eq!(db.send_message(room, cy, "not a member").await, Appended::Refused(Refusal::NotMember));
        let edit = Revision::Edit { body: format!("edited {TEXT}") };
        let react = Revision::React { emoji: "\u{1f44d}".into(), on: true };
        for (seq, revision) in [(2, edit), (3, Revision::Delete), (4, react)] {
            let (client_id, now) = (ClientId(Uuid::now_v7()), UnixMillis(9_000));
            let revise = Revise { room_id: room, seq: Seq(seq), user_id: ada, client_id, revision, now };
            assert!(matches!(db.store.revise(&revise).await.unwrap(), Revised::Stored(_)));
        }
        db.store.update_marks(&[(room, Mark(bob, Seq(5), Seq(4)))]).await.unwrap();
        fill_administration(&db, (ada, bob, cy), room).await;
        db.store.delete_room(deleted, bob, UnixMillis(3_000)).await.unwrap();
        self.filled = Some((room, ada));
    }
}

/// Rows of everything that administrators and moderators leave behind.
async fn fill_administration(db: &Db, (ada, bob, cy): (UserId, UserId, UserId), room: RoomId) {
    let (store, by, now) = (&db.store, Actor::command_line(), UnixMillis(5_000));
    store.set_settings(&[("server-name", TEXT)], &by, now).await.unwrap();
    let invite = NewInvite {
        id: Uuid::now_v7(),
        code_hash: vec![7; 32],
        rooms: vec![room],
        uses: 3,
        created_at: now,
        expires_at: UnixMillis(i64::MAX),
    };
    store.create_invite(invite, &by).await.unwrap();
    store.create_reset_link(bob, &[8; 32], UnixMillis(i64::MAX), &by, now).await.unwrap();
    store.set_admin(cy, true, &by, now).await.unwrap();
    store.create_block(cy, bob, now).await.unwrap();
    store.create_ban(room, ada, cy, stamp()).await.unwrap();
    let (id, reason) = (ReportId(Uuid::now_v7()), TEXT.to_owned());
    store.create_report(NewReport { id, room_id: room, seq: Seq(6), reporter_id: bob, reason, now }).await.unwrap();
    let gone = db.user("gone").await;
    store.delete_user(gone, ErasedMessages::Delete, &by, now).await.unwrap();
}

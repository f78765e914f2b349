// A chat server as it is usually built with Socket.IO: a message is stored with one INSERT, acknowledged, and emitted to
// its room; several of these processes share the rooms over Redis. It is measured beside Jackdaw by the same driver.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const { DATABASE_URL, REDIS_URL, HOST = "127.0.0.1", PORT = "3000" } = process.env;

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
await pool.query(`
  create table if not exists messages (
    id bigint generated always as identity primary key,
    room_id uuid not null,
    sender_id uuid not null,
    client_id uuid not null,
    body text not null,
    created_at timestamptz not null default now(),
    unique (client_id, sender_id)
  );
  create index if not exists messages_by_room on messages (room_id, id);
`);

const publisher = createClient({ url: REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer((request, response) => {
  response.writeHead(request.url === "/readyz" ? 200 : 404).end();
});
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
});

// A name makes it a prepared statement, once a connection.
const insert = {
  name: "insert",
  text: "insert into messages (room_id, sender_id, client_id, body) values ($1, $2, $3, $4) returning id, created_at",
};

io.on("connection", (socket) => {
  const { user, room } = socket.handshake.query;
  socket.join(room);
  socket.on("message", async ({ room_id, client_id, body }, acknowledge) => {
    try {
      if (!socket.rooms.has(room_id)) throw new Error("not a member");
      const { rows } = await pool.query({ ...insert, values: [room_id, user, client_id, body] });
      const { id, created_at } = rows[0];
      acknowledge({ id, created_at });
      io.to(room_id).emit("message", { room_id, id, sender_id: user, client_id, body, created_at });
    } catch (error) {
      acknowledge({ error: error.message });
    }
  });
});

http.listen(Number(PORT), HOST);
process.on("SIGTERM", () => io.close(() => process.exit(0)));

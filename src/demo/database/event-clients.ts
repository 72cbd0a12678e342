import { EventEmitter } from "node:events";
import pg from "pg";
import type { PostgresClient } from "../../index.ts";
import type { EmbeddedDatabase } from "./embedded-database.ts";

/** By this name the connection that listens can be told from the others in `pg_stat_activity`. */
export const EVENTS_APPLICATION = "fieldgate events";

/** A connection of its own to a PostgreSQL server: a pooled one changes hands. */
export function serverClient(url: string): PostgresClient {
  return new pg.Client({ connectionString: url, application_name: EVENTS_APPLICATION });
}

/** The embedded database as `pg` would show it. It has one connection, which is never lost. */
export function embeddedClient(embedded: EmbeddedDatabase): PostgresClient {
  const heard = new EventEmitter();
  return {
    connect: async () => {},
    async query(sql, parameters = []) {
      const [, channel] = /^listen "(\w+)"$/.exec(sql) ?? [];
      if (channel === undefined) {
        const { rows } = await embedded.query(sql, parameters);
        return { rows: rows as readonly Readonly<Record<string, unknown>>[] };
      }
      await embedded.listen(channel, (payload) => {
        heard.emit("notification", { payload });
      });
      return { rows: [] };
    },
    on: (event: string, listener: (...told: never[]) => void) => heard.on(event, listener as () => void),
    end: async () => heard.removeAllListeners(),
  };
}

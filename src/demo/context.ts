import type { Kysely } from "kysely";
import type { Database } from "./database/tables.ts";
import type { Entities } from "./entities.ts";
import { unauthenticated } from "./errors.ts";
import type { Loaders } from "./loaders/create-loaders.ts";
import { type Locale, localeFrom } from "./locale.ts";

export interface CurrentUser {
  readonly id: string;
  readonly name: string;
}

/** What every resolver of the demo gets. */
export interface DemoContext {
  readonly db: Kysely<Database>;
  readonly loaders: Loaders;
  /** Who asks; null for a stranger. */
  readonly user: CurrentUser | null;
  readonly locale: Locale;
}

export interface ContextSources {
  readonly db: Kysely<Database>;
  readonly loaders: Loaders;
  readonly entities: Entities;
}

/** The request's headers that matter here. */
export interface DemoHeaders {
  readonly authorization?: string | undefined;
  readonly "accept-language"?: string | undefined;
}

/**
 * Makes the context of one request: `Authorization: Bearer <user id>` says who asks, `Accept-Language` in which
 * language. Throws `UNAUTHENTICATED` for a header that names nobody.
 */
export async function createDemoContext(headers: DemoHeaders, sources: ContextSources): Promise<DemoContext> {
  const { db, loaders, entities } = sources;
  const user = headers.authorization === undefined ? null : await userFrom(headers.authorization, entities);
  return { db, loaders, user, locale: localeFrom(headers["accept-language"]) };
}

async function userFrom(authorization: string, entities: Entities): Promise<CurrentUser> {
  const id = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  // Without a context: there is none before it is known who asks, and the cache reads the principal from it only once.
  const row = id === undefined ? null : await entities.user.loader().load(id);
  if (row === null) throw unauthenticated();
  return { id: String(row.id), name: row.name };
}

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
  user: CurrentUser | null;
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
  const context: DemoContext = { db, loaders, user: null, locale: localeFrom(headers["accept-language"]) };
  if (headers.authorization === undefined) return context;
  const id = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1];
  const row = id === undefined ? null : await entities.user.loader(context).load(id);
  if (row === null) throw unauthenticated();
  context.user = { id: String(row.id), name: row.name };
  return context;
}

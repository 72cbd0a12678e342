import { digest } from "../base/digest.ts";
import { FieldgateError } from "../base/errors.ts";

/**
 * The grammar of every key in the store. No other file knows the separators.
 *
 *     entry of an entity's field   shop:{Product:42}:price:v3.9f2c1a[:<args>][:<audience>]
 *     entry of a root field        shop:{Query.products~<args>}:v1.77b0e2
 *     stamp, lock, mark            shop:{Product:42}:__stamp   <entry>:__lock   <entry>:__pass
 *     log of invalidations         shop:{__log}:__head   shop:{__log}:__names   shop:{__log}:__announced
 *     near copies                  shop:{__near}:__sessions; channels shop:{__near}:__revocations, …:__acknowledgements:<process>
 *     memo                         shop:{__memo:operations}:__text   …:__stamp
 *     source of events             shop:{__events:orders}:__position   …:__stamp   …:__position:__lock
 *     write-behind                 shop:{Product:42}:__pending   shop:{__behind:Product}:__due, __marked, __since
 *     dead letters                 shop:{__behind}:__dead
 *
 * What comes from outside is escaped to `[A-Za-z0-9_.%-]`, so `:`, `,`, `~`, `=`, `{` and `}` are separators
 * wherever they stand. A part that begins with `__` is always Fieldgate's own. An entity's home holds a `:`, a root
 * field's never does: so the part after the braces is known to be a field or a version.
 */
export interface Keys {
  readonly namespace: string;
  entry(parts: EntryParts): string;
  /** Key of a stamp, by its name (see {@link stampNames}, or a home). */
  stamp(name: string): string;
  lock(entryKey: string): string;
  pass(entryKey: string): string;
  /** Key of the copy of an entry that lies at a replica (`Product:42#3`) of its home. */
  replica(entryKey: string, replica: string): string;
  readonly logHead: string;
  readonly logNames: string;
  readonly logAnnounced: string;
  /** The gateways that live. */
  readonly gateways: string;
  /** What stands in the braces of all that near copies need. */
  readonly nearTag: string;
  /** Who may hold near copies. */
  readonly nearSessions: string;
  /** Channel by which all hear what must not be held any more. */
  readonly nearRevocations: string;
  /** Channel by which one process hears who has dropped it. */
  nearAcknowledgements(processId: string): string;
  /** Of a small text that one process leaves to the next. */
  memo(name: string): MemoKeys;
  /** Of what the fleet remembers of one source of events: its position, and who reads it. */
  eventSource(name: string): EventSourceKeys;
  /** What is written behind and not in the source yet, of the entity with this home. */
  pending(home: string): string;
  /** The queue of a type's entities with something pending: when each is due, its latest mark, since when. */
  queue(typeName: string): QueueKeys;
  readonly deadLetters: string;
  /** The parts of an entry's key; undefined for every other key, of this namespace or not. */
  parseEntry(key: string): EntryParts | undefined;
  /** Glob for SCAN: matches every key of this namespace and none of another. */
  readonly pattern: string;
}

export interface MemoKeys {
  readonly text: string;
  readonly stamp: string;
}

export interface EventSourceKeys {
  readonly position: string;
  readonly stamp: string;
  readonly lock: string;
  readonly pass: string;
}

export interface QueueKeys {
  readonly due: string;
  readonly marked: string;
  readonly since: string;
}

export interface EntryParts {
  /** From {@link entityHome} or {@link rootHome}: what stands in the braces, and the name of the entry's own stamp. */
  readonly home: string;
  /** Field of an entity, or {@link ROW}. Absent for a root field, whose home names it. */
  readonly field?: string;
  /** `v3.9f2c1a` */
  readonly version: string;
  /** From {@link argsPart}. */
  readonly args?: string;
  /** Escaped principal and vary values. */
  readonly audience?: string;
}

/** What stands in the braces of a key: its entity, and what decides where it lies. */
export function hashTagOf(key: string): string {
  const opening = key.indexOf("{") + 1;
  return key.slice(opening, key.indexOf("}", opening));
}

/** Field name of the entry that holds an entity as its loader returned it. */
export const ROW = "__row";

const NEAR_TAG = "__near";
const LONGEST_READABLE_ARGS = 48;
const LONGEST_READABLE_ID = 128;
const DIGEST_MARK = "=";

/** Throws {@link FieldgateError} (`BAD_NAMESPACE`) unless the namespace is 1 to 64 of `[A-Za-z0-9_.:-]`. */
export function createKeys(namespace: string): Keys {
  if (!/^[A-Za-z0-9_.-][A-Za-z0-9_.:-]{0,63}$/.test(namespace) || namespace.endsWith(":")) {
    throw new FieldgateError(
      "BAD_NAMESPACE",
      `The option "namespace" must be 1 to 64 of the characters A-Z a-z 0-9 _ . - : and neither begin nor end with ":", but it is ${JSON.stringify(namespace)}.`,
      'Choose one like "shop" or "shop:staging"; it is the beginning of every key.',
    );
  }
  const opening = `${namespace}:{`;
  return {
    namespace,
    entry({ home, field, version, args, audience }) {
      let key = `${opening}${home}}`;
      if (field !== undefined) key += `:${field}`;
      key += `:${version}`;
      if (audience !== undefined) return `${key}:${args ?? ""}:${audience}`;
      return args === undefined ? key : `${key}:${args}`;
    },
    stamp: (name) => `${opening}${name}}:__stamp`,
    lock: (entryKey) => `${entryKey}:__lock`,
    pass: (entryKey) => `${entryKey}:__pass`,
    replica: (entryKey, replica) => `${opening}${replica}${entryKey.slice(entryKey.indexOf("}"))}`,
    logHead: `${opening}__log}:__head`,
    logNames: `${opening}__log}:__names`,
    logAnnounced: `${opening}__log}:__announced`,
    gateways: `${opening}__fleet}:__gateways`,
    nearTag: NEAR_TAG,
    nearSessions: `${opening}${NEAR_TAG}}:__sessions`,
    nearRevocations: `${opening}${NEAR_TAG}}:__revocations`,
    nearAcknowledgements: (processId) => `${opening}${NEAR_TAG}}:__acknowledgements:${processId}`,
    memo(name) {
      const slot = `${opening}__memo:${name}}`;
      return { text: `${slot}:__text`, stamp: `${slot}:__stamp` };
    },
    eventSource(name) {
      const slot = `${opening}__events:${name}}`;
      const position = `${slot}:__position`;
      return { position, stamp: `${slot}:__stamp`, lock: `${position}:__lock`, pass: `${position}:__pass` };
    },
    pending: (home) => `${opening}${home}}:__pending`,
    queue: (typeName) => ({
      due: `${opening}__behind:${typeName}}:__due`,
      marked: `${opening}__behind:${typeName}}:__marked`,
      since: `${opening}__behind:${typeName}}:__since`,
    }),
    deadLetters: `${opening}__behind}:__dead`,
    parseEntry: (key) => parseEntry(opening, key),
    pattern: `${opening}*`,
  };
}

function parseEntry(opening: string, key: string): EntryParts | undefined {
  const closing = key.indexOf("}:");
  if (!key.startsWith(opening) || closing < opening.length) return undefined;
  const home = key.slice(opening.length, closing);
  const parts = key.slice(closing + 2).split(":");
  if (home.startsWith("__")) return undefined;
  const field = home.includes(":") ? parts.shift() : undefined;
  const [version, args, audience, ...rest] = parts;
  if (field?.startsWith("__") && field !== ROW) return undefined;
  if (version === undefined || !version.startsWith("v") || rest.length > 0) return undefined;
  if (args?.startsWith("__") || audience?.startsWith("__") || audience === "") return undefined;
  if (args === "" && audience === undefined) return undefined;
  return {
    home,
    ...(field === undefined ? {} : { field }),
    version,
    ...(args ? { args } : {}),
    ...(audience === undefined ? {} : { audience }),
  };
}

/**
 * `Product:42`; several parts are joined by `,`. An id of more than 128 escaped characters becomes `=` and its digest.
 *
 *     entityHome("Product", ["42"])        // "Product:42"
 *     entityHome("Stock", ["berlin", "7"]) // "Stock:berlin,7"
 */
export function entityHome(typeName: string, idParts: readonly string[]): string {
  return `${typeName}:${shorten(idParts.map(escapePart).join(","), LONGEST_READABLE_ID)}`;
}

/**
 * Home of a root field, spread by what its value depends on.
 *
 *     rootHome("Query.products", argsPart('{"first":10}')) // "Query.products~%7B%22first%22%3A10%7D"
 *     rootHome("Query.viewer", undefined, audience)        // "Query.viewer~~<audience>"
 */
export function rootHome(coordinate: string, args?: string, audience?: string): string {
  if (audience !== undefined) return `${coordinate}~${args ?? ""}~${audience}`;
  return args === undefined ? coordinate : `${coordinate}~${args}`;
}

/** Whether this is a replica of a home: `Product:42#3`. */
export function isReplica(home: string): boolean {
  return home.includes("#");
}

/** Names of the stamps that are no entry's home: what `invalidate` can reach besides an entity or a root field's slot. */
export const stampNames = {
  /** Everything of the namespace. */
  all: "__all",
  /** Any entity of the type: dropped with each of them, and with the type. */
  any: (typeName: string) => `__any:${typeName}`,
  type: (typeName: string) => `__type:${typeName}`,
  field: (coordinate: string) => `__field:${coordinate}`,
  tag: (tag: string) => `__tag:${shorten(tag.split(":").map(escapeText).join(":"), LONGEST_READABLE_ID)}`,
  principal: (principalDigest: string) => `__principal:${principalDigest}`,
  /** What is known of an entity's row in the source while deltas are on their way to it. */
  base: (home: string) => `__base:${home}`,
} as const;

/** Part of a key for arguments: readable while short (48 escaped characters), else `=` and a digest of 128 bits. */
export function argsPart(canonicalText: string): string {
  if (canonicalText === "") return DIGEST_MARK + digest("");
  return shorten(escapePart(canonicalText), LONGEST_READABLE_ARGS);
}

/**
 * Injective: two texts never get one part. Outside `[A-Za-z0-9_.-]` each byte of the UTF-8 becomes `%XX`, half a
 * surrogate pair, which has no UTF-8, `%uXXXX`. A leading `__` would be Fieldgate's own: its first `_` is escaped.
 */
export function escapePart(text: string): string {
  const escaped = escapeText(text);
  return escaped.startsWith("__") ? `%5F${escaped.slice(1)}` : escaped;
}

function escapeText(text: string): string {
  if (/^[A-Za-z0-9_.-]*$/.test(text)) return text;
  return text.replace(/[^A-Za-z0-9_.-]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (/^\p{Surrogate}$/u.test(character)) {
    return `%u${character.charCodeAt(0).toString(16).toUpperCase()}`;
  }
  let escaped = "";
  for (const byte of Buffer.from(character, "utf8")) {
    escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

function shorten(escaped: string, longest: number): string {
  return escaped.length <= longest ? escaped : DIGEST_MARK + digest(escaped);
}

import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import { LRUCache } from "lru-cache";
import { canonicalJson } from "../base/canonical-json.ts";
import type { AnswerParts, ServedRead } from "../engine/answer-parts.ts";
import type { Cache } from "../engine/cache.ts";
import { AnswerRecording } from "../fields/answer-recording.ts";
import type { Audiences } from "../fields/audience.ts";
import type { FieldPolicy } from "../fields/field-policy.ts";
import type { RequestState } from "../fields/request-state.ts";
import { type CachedOperation, createCachedOperations } from "./cached-operations.ts";

/** One request, before it is executed. */
export interface AnswerRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly context: unknown;
  readonly state: RequestState;
}

/** An answer that needs no execution. */
export interface AssembledAnswer {
  /** The caller's own copy. */
  readonly data: Record<string, unknown>;
  readonly remainingMs: number;
  readonly scope: "PUBLIC" | "PRIVATE";
}

export interface AssembledAnswersOptions {
  readonly cache: Pick<Cache, "holds" | "partsOf">;
  readonly audiences: Audiences;
  /** Of fields by coordinate, of rows by type. Asked after `apply`. */
  readonly policyOf: (coordinate: string) => FieldPolicy | undefined;
  readonly isOn: (coordinate: string) => boolean;
  readonly maxBytes: number;
}

interface KeptAnswer {
  readonly text: string;
  /** Of its parts. */
  readonly coordinates: readonly string[];
  readonly parts: AnswerParts;
}

/** A part's share: its keys, stamps and names. */
const PART_BYTES = 1024;

/**
 * Answers that were made of fresh entries alone, kept with the list of those entries. An answer is given again, without
 * executing anything, while every one of them is the one that a read would be served with now.
 *
 * Nothing but entries may have gone into it: all fields are cached ones, wrapped by nobody, or plain properties; and while
 * it was executed nobody but the cache looked at the context. What of the context is in the keys of entries (who asks,
 * `vary`) is part of this key, too, and so are the names of the context's properties: to find one absent cannot be seen.
 */
export class AssembledAnswers {
  readonly #options: AssembledAnswersOptions;
  readonly #operationOf = createCachedOperations();
  readonly #answers: LRUCache<string, KeptAnswer>;

  constructor(options: AssembledAnswersOptions) {
    this.#options = options;
    this.#answers = new LRUCache({
      maxSize: options.maxBytes,
      sizeCalculation: ({ text, parts }, key) => 2 * (key.length + text.length) + PART_BYTES * parts.size,
    });
  }

  /**
   * The answer to a request; undefined where it has to be executed. `keep` is then to be told the data, once they are there;
   * absent where they are not to be kept.
   */
  async take(request: AnswerRequest): Promise<AssembledAnswer | { readonly keep?: (data: unknown) => void }> {
    const { schema, document, operation, state } = request;
    const cached = this.#operationOf(schema, document, operation);
    const key = cached && this.#keyOf(cached, request);
    if (key === undefined) return {};
    const known = this.#answers.get(key);
    if (known?.coordinates.every(this.#options.isOn)) {
      const remainingMs = await this.#options.cache.holds(known.parts, state.session);
      if (remainingMs !== undefined) {
        return { data: JSON.parse(known.text), remainingMs, scope: known.parts.scope };
      }
    }
    // What was read for the context is not among what is recorded now.
    if (state.reads.length > 0 || state.hasForeignRows) return {};
    const recording = new AnswerRecording();
    state.recording = recording;
    return {
      keep: (data) => {
        const reads = recording.end();
        if (reads === undefined || data === null || data === undefined) return;
        if (reads.every(({ plan: { coordinate } }) => this.#isInKey(coordinate, cached!))) {
          this.#keep(key, JSON.stringify(data), reads);
        }
      },
    };
  }

  #keep(key: string, text: string, reads: readonly ServedRead[]): void {
    const parts = this.#options.cache.partsOf(reads);
    this.#answers.set(key, { text, parts, coordinates: [...parts.reads.keys()] });
  }

  /** A row that no field of the operation shows may have been read beside those that one does. */
  #isInKey(coordinate: string, { coordinates }: CachedOperation): boolean {
    return isForAll(this.#options.policyOf(coordinate)) || coordinates.includes(coordinate);
  }

  #keyOf(cached: CachedOperation, { variables, context, state }: AnswerRequest): string | undefined {
    const { read, write } = state.session;
    if (!read || !write || state.debug || typeof context !== "object" || context === null) return undefined;
    if (!cached.isUnwrapped()) return undefined;
    const audience = this.#audienceOf(cached.coordinates, state, context);
    if (audience === undefined) return undefined;
    try {
      const names = Object.getOwnPropertyNames(context).join();
      return `${cached.id} ${audience} ${names} ${canonicalJson(variables ?? {})}`;
    } catch {
      return undefined;
    }
  }

  /** Everything that the keys of its entries say of who asks; undefined where one of them cannot be told. */
  #audienceOf(coordinates: readonly string[], state: RequestState, context: unknown): string | undefined {
    const { audiences, policyOf } = this.#options;
    const parts = new Set<string>();
    for (const coordinate of coordinates) {
      const policy = policyOf(coordinate);
      if (policy === undefined || isForAll(policy)) continue;
      const audience = audiences.of(policy, state, context);
      if (audience.kind === "none") return undefined;
      parts.add(`${policy.vary.join()}:${audience.part}`);
    }
    return [...parts].join(";");
  }
}

function isForAll(policy: FieldPolicy | undefined): boolean {
  return policy?.scope === "PUBLIC" && policy.vary.length === 0;
}

import {
  defaultFieldResolver,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
} from "graphql";
import { directivesOf } from "../directives/policies/written-directives.ts";
import type { Lifetimes } from "../engine/read-plan.ts";
import { likeInner } from "../fields/entry-resolvers.ts";

/** As in Apollo Server: seconds, and whose the value is. */
export interface CacheHint {
  maxAge?: number;
  scope?: "PUBLIC" | "PRIVATE";
}

/** What Apollo calls a cache policy: a hint that can be replaced, or made stricter. */
export interface CachePolicy extends CacheHint {
  replace(hint: CacheHint): void;
  restrict(hint: CacheHint): void;
  policyIfCacheable(): Required<CacheHint> | null;
}

/** What resolvers find at `info.cacheControl`. */
export interface FieldCacheControl {
  readonly cacheHint: CachePolicy;
  readonly setCacheHint: (hint: CacheHint) => void;
  readonly cacheHintFromType: (type: GraphQLCompositeType) => CacheHint;
}

/** The part of a policy that hints are made of. */
export interface HintSource {
  readonly lifetimes: Pick<Lifetimes, "freshMs">;
  readonly scope: "PUBLIC" | "PRIVATE";
  readonly vary: readonly string[];
}

/** What is known of a field before it runs. */
export interface StaticHint extends CacheHint {
  /** A registered context value is part of its key. */
  readonly varies: boolean;
  /** Lives as long as its parent. */
  readonly inherits: boolean;
}

type HintedField = Pick<GraphQLField<unknown, unknown>, "name" | "type" | "astNode" | "extensions">;

/** Policies by coordinate, a type's own by its name. */
export type HintSources = Pick<ReadonlyMap<string, HintSource>, "get">;

/** Makes an entry stricter from inside its fill; what `setCachePolicy(info, …)` does. */
export type RestrictEntry = (info: GraphQLResolveInfo, hint: CacheHint) => void;

/** The dynamic hints of one request. */
export class RequestHints {
  /** Calls of resolvers without a static hint that have not asked for their policy: nobody may keep their parts. */
  #unhinted = 0;
  readonly #dynamic: { readonly policy: CachePolicy; readonly hinted: boolean }[] = [];

  /** Counts the call of a resolver without a static hint. */
  countUnhinted(): void {
    this.#unhinted += 1;
  }

  /** Keeps the policy that a call asked for; it is read when all have ended. */
  add(policy: CachePolicy, hinted: boolean): void {
    if (!hinted) this.#unhinted -= 1;
    this.#dynamic.push({ policy, hinted });
  }

  /** What the resolvers add to the hint of the document. */
  fold(): CacheHint {
    const all = createPolicy(this.#unhinted > 0 ? { maxAge: 0 } : {});
    for (const { policy, hinted } of this.#dynamic) {
      all.restrict(policy.maxAge === undefined && !hinted ? { ...policy, maxAge: 0 } : policy);
    }
    return hintOf(all);
  }
}

/**
 * Gives each resolver of a schema `info.cacheControl`, in place, as Apollo Server's own plugin does, but only where a field has
 * a resolver of its own: properties have nobody who could ask, and most fields are properties.
 */
export class SchemaHints {
  readonly #sources: HintSources;
  readonly #restrictEntry: RestrictEntry;
  readonly #requestOf: (context: unknown) => RequestHints | undefined;
  readonly #instrumented = new WeakSet<GraphQLSchema>();

  constructor(options: {
    readonly sources: HintSources;
    readonly restrictEntry: RestrictEntry;
    /** The hints of the request that a resolver's context belongs to. */
    readonly requestOf: (context: unknown) => RequestHints | undefined;
  }) {
    this.#sources = options.sources;
    this.#restrictEntry = options.restrictEntry;
    this.#requestOf = options.requestOf;
  }

  /** Idempotent: two servers may share a schema. */
  instrument(schema: GraphQLSchema): void {
    if (this.#instrumented.has(schema)) return;
    this.#instrumented.add(schema);
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith("__")) continue;
      for (const field of Object.values(type.getFields())) {
        if (hasOwnResolver(field)) field.resolve = this.#withCacheControl(type.name, field, field.resolve);
      }
    }
  }

  /**
   * The static hint of a field: its own policy, else what Apollo's `@cacheControl` says of it, else that of the type it
   * returns. Undefined where nothing gives its value a lifetime.
   */
  ofField(typeName: string, field: HintedField): StaticHint | undefined {
    const type = getNamedType(field.type);
    const own = this.#sources.get(`${typeName}.${field.name}`);
    if (own !== undefined) return hintFromSource(own);
    const onType = isCompositeType(type) ? this.#ofType(type) : undefined;
    const written = readCacheControl(field);
    if (written === undefined) return onType;
    return { ...onType, ...written, varies: onType?.varies ?? false };
  }

  #ofType(type: GraphQLCompositeType): StaticHint | undefined {
    const source = this.#sources.get(type.name);
    return source === undefined ? readCacheControl(type) : hintFromSource(source);
  }

  readonly #hintFromType = (type: GraphQLCompositeType): CacheHint => hintOf(this.#ofType(type) ?? {});

  #withCacheControl(
    typeName: string,
    field: GraphQLField<unknown, unknown>,
    resolve: GraphQLFieldResolver<unknown, unknown>,
  ): GraphQLFieldResolver<unknown, unknown> {
    const hint = this.ofField(typeName, field);
    const place: HintedPlace = {
      hint: hintOf(hint ?? {}),
      hinted: hint !== undefined && (hint.inherits || hint.maxAge !== undefined),
      hintFromType: this.#hintFromType,
      // A hint on a cached field makes its entry stricter too: on a hit its resolver does not run.
      restrictEntry:
        this.#sources.get(`${typeName}.${field.name}`) === undefined ? undefined : this.#restrictEntry,
    };
    const hinting: typeof resolve = (parent, args, context, info) => {
      const request = this.#requestOf(context);
      if (!place.hinted) request?.countUnhinted();
      (info as CacheControlInfo).cacheControl = new CallCacheControl(place, request, info);
      return resolve(parent, args, context, info);
    };
    return likeInner(hinting, resolve);
  }
}

type CacheControlInfo = GraphQLResolveInfo & { cacheControl?: FieldCacheControl };

/** What all calls of one field share. */
interface HintedPlace {
  readonly hint: CacheHint;
  readonly hinted: boolean;
  readonly hintFromType: (type: GraphQLCompositeType) => CacheHint;
  readonly restrictEntry: RestrictEntry | undefined;
}

/** `info.cacheControl` of one call. Costs one small object until somebody looks at it. */
class CallCacheControl implements FieldCacheControl {
  readonly #place: HintedPlace;
  readonly #request: RequestHints | undefined;
  readonly #info: GraphQLResolveInfo;
  #policy: CachePolicy | undefined;

  constructor(place: HintedPlace, request: RequestHints | undefined, info: GraphQLResolveInfo) {
    this.#place = place;
    this.#request = request;
    this.#info = info;
  }

  get cacheHint(): CachePolicy {
    if (this.#policy === undefined) {
      const { hint, restrictEntry } = this.#place;
      this.#policy = createPolicy(hint, restrictEntry && ((next) => restrictEntry(this.#info, next)));
      this.#request?.add(this.#policy, this.#place.hinted);
    }
    return this.#policy;
  }

  // A getter, so that `const { setCacheHint } = info.cacheControl` works as with Apollo's.
  get setCacheHint(): (hint: CacheHint) => void {
    return (hint) => this.cacheHint.replace(hint);
  }

  get cacheHintFromType(): (type: GraphQLCompositeType) => CacheHint {
    return this.#place.hintFromType;
  }
}

/** A policy that begins with `hint`; `tell` hears what is said of it later, by a call or by assignment, whatever the policy makes of it. */
export function createPolicy(hint: CacheHint = {}, tell?: (hint: CacheHint) => void): CachePolicy {
  const current = hintOf(hint);
  const policy = {
    get maxAge() {
      return current.maxAge;
    },
    set maxAge(maxAge) {
      this.replace(hintOf({ maxAge } as CacheHint));
    },
    get scope() {
      return current.scope;
    },
    set scope(scope) {
      this.replace(hintOf({ scope } as CacheHint));
    },
    replace(next: CacheHint) {
      Object.assign(current, hintOf(next));
      tell?.(next);
    },
    restrict(next: CacheHint) {
      if (next.maxAge !== undefined && (current.maxAge === undefined || next.maxAge < current.maxAge)) {
        current.maxAge = next.maxAge;
      }
      if (next.scope !== undefined && current.scope !== "PRIVATE") current.scope = next.scope;
      tell?.(next);
    },
    policyIfCacheable() {
      const { maxAge, scope = "PUBLIC" } = current;
      return maxAge === undefined || maxAge === 0 ? null : { maxAge, scope };
    },
  };
  return policy as CachePolicy;
}

function hintFromSource({ lifetimes, scope, vary }: HintSource): StaticHint {
  return { maxAge: lifetimes.freshMs / 1000, scope, varies: vary.length > 0, inherits: false };
}

/** Apollo's own directive. What is a policy besides is up to the option `cacheControl`; a hint it is always. */
function readCacheControl(element: HintedField | GraphQLCompositeType): StaticHint | undefined {
  const written = directivesOf(element as GraphQLField<unknown, unknown>).find(
    ({ name }) => name === "cacheControl",
  );
  if (written === undefined) return undefined;
  const { maxAge, scope, inheritMaxAge } = written.args;
  const inherits = inheritMaxAge === true;
  return {
    ...(typeof maxAge === "number" && !inherits ? { maxAge } : {}),
    ...(scope === "PUBLIC" || scope === "PRIVATE" ? { scope } : {}),
    varies: false,
    inherits,
  };
}

function hasOwnResolver<Field extends GraphQLField<unknown, unknown>>(
  field: Field,
): field is Field & { resolve: GraphQLFieldResolver<unknown, unknown> } {
  return field.resolve !== undefined && field.resolve !== defaultFieldResolver;
}

/** The plain hint that a policy has come to. */
export function hintOf(policy: CacheHint): CacheHint {
  return {
    ...(policy.maxAge === undefined ? {} : { maxAge: policy.maxAge }),
    ...(policy.scope === undefined ? {} : { scope: policy.scope }),
  };
}

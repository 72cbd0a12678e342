import {
  defaultTypeResolver,
  type GraphQLIsTypeOfFn,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
} from "graphql";
import { stampNames } from "../keys/grammar.ts";
import type { EntityRegistry } from "./entity-registry.ts";
import { someShape, type ValueShape } from "./field-policy.ts";
import type { EntityKey, Identities, Identity } from "./identity.ts";
import type { RequestState } from "./request-state.ts";
import { ValueTags } from "./value-tags.ts";

/**
 * How values of one GraphQL type survive the store: `encode` makes plain data of an instance, `decode` the instance
 * again. Both must be pure; a `decode` that throws makes the entry a miss.
 */
// biome-ignore lint/suspicious/noExplicitAny: an application's own classes
export interface Codec<Value = any, Encoded = any> {
  readonly encode: (value: Value) => Encoded;
  readonly decode: (encoded: Encoded) => Value;
}

export type Codecs = Readonly<Record<string, Codec>>;

export interface ReferencesOptions {
  readonly schema: GraphQLSchema;
  readonly identities: Identities;
  readonly registry: EntityRegistry;
  readonly codecs?: Codecs;
}

/** A value as its entry holds it: entities with a loader are references, the others count as value tags. */
export interface Packed {
  readonly value: unknown;
  /** Stamp names of the entities held by value. */
  readonly tags: readonly string[];
  /** Why the value cannot be taken apart, hence not stored: then `value` is as the resolver returned it. */
  readonly whole?: string;
}

export interface Unpacked {
  readonly value: unknown;
  /** true: a referenced entity does not exist, or what is stored is not what this version writes. Load again. */
  readonly dangling: boolean;
}

export interface References {
  /** After the load. Leaves the resolver's objects as they are. */
  pack(shape: ValueShape, value: unknown, call: TypeCall): Promise<Packed>;
  /**
   * On the way out, hit and miss alike: reads all referenced entities in one wave. An entity that fails is an Error in
   * its place, as graphql-js takes it; rejects where that place is the whole value. At once where nothing has to be waited
   * for. `row`: the stamp name of the entity whose row the value is.
   */
  unpack(
    shape: ValueShape,
    value: unknown,
    state: RequestState,
    context: unknown,
    row?: string,
  ): Unpacked | Promise<Unpacked>;
  /** Whether anything in a value of this shape is stored in another form than its own. */
  isOpen(shape: ValueShape): boolean;
  /** The type that a value was found to be of when it was stored; for the schema's `resolveType` and `isTypeOf`. */
  typeOf(value: unknown): string | undefined;
}

/** What `resolveType` and `isTypeOf` are asked with. */
export interface TypeCall {
  readonly context: unknown;
  /** Absent where an entity's loader asks. */
  readonly info?: GraphQLResolveInfo;
}

/**
 * What stands at an entity's place, at a codec's, and at any place of an abstract type: the key of an entity, a value,
 * or what the codec made of it; with the name of the type where the schema leaves it open.
 */
interface Slot {
  readonly t?: string;
  readonly k?: EntityKey;
  v?: unknown;
  readonly e?: unknown;
}

type ObjectShape = Extract<ValueShape, { kind: "object" }>;
type EntityShape = Extract<ValueShape, { kind: "entity" }>;
type AbstractShape = Extract<ValueShape, { kind: "abstract" }>;

export function createReferences(options: ReferencesOptions): References {
  const typeNames = new WeakMap<object, string>();
  const whole = new WeakSet<object>();
  const open = new WeakMap<ValueShape, boolean>();

  function isOpen(shape: ValueShape): boolean {
    const known = open.get(shape);
    if (known !== undefined) return known;
    const answer = someShape(
      shape,
      (one) =>
        one.kind === "entity" ||
        one.kind === "abstract" ||
        (one.kind === "object" &&
          (options.codecs?.[one.typeName] !== undefined || isTypeOf(options.schema, one) !== undefined)),
    );
    open.set(shape, answer);
    return answer;
  }

  return {
    async pack(shape, value, call) {
      const packing = new Packing(options, call);
      const packed = await packing.run(shape, value);
      if (packing.whole === undefined) return { value: packed, tags: packing.tags.names() };
      if (isObject(value)) whole.add(value);
      return { value, tags: [], whole: packing.whole };
    },
    unpack(shape, value, state, context, row) {
      if (!isOpen(shape) || !isObject(value) || whole.has(value)) return { value, dangling: false };
      return new Unpacking(options, typeNames, state, context, row).run(shape, value);
    },
    isOpen,
    typeOf: (value) => (isObject(value) ? typeNames.get(value) : undefined),
  };
}

/** Results that come now or later, each put in its place when it is there. */
class Places {
  #pending: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;

  put(result: unknown, assign: (value: unknown) => void): void {
    if (!isThenable(result)) return void assign(result);
    this.#pending.push(
      Promise.resolve(result).then(assign, (error: unknown) => {
        this.#failure ??= { error };
      }),
    );
  }

  get areFilled(): boolean {
    return this.#pending.length === 0;
  }

  /** Resolves when nothing is missing; rejects with the first failure. */
  async filled(): Promise<void> {
    while (this.#pending.length > 0) {
      const pending = this.#pending;
      this.#pending = [];
      await Promise.all(pending);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** One value on its way in. What it answers for a place may be a promise; what lies below is filled in through `Places`. */
class Packing {
  readonly tags = new ValueTags();
  /** Why no copy would do: on the way to an entity stands an instance that is more than its data. */
  whole: string | undefined;
  readonly #options: ReferencesOptions;
  readonly #call: TypeCall;
  readonly #places = new Places();
  readonly #made = new Map<ValueShape, Map<object, object>>();

  constructor(options: ReferencesOptions, call: TypeCall) {
    this.#options = options;
    this.#call = call;
  }

  async run(shape: ValueShape, value: unknown): Promise<unknown> {
    let packed: unknown;
    this.#places.put(this.#pack(shape, value), (result) => {
      packed = result;
    });
    await this.#places.filled();
    return packed;
  }

  #pack(shape: ValueShape, value: unknown): unknown {
    if (isThenable(value)) {
      // Of an Error in the place of a value graphql-js makes the error of that place.
      return value.then((settled) => this.#pack(shape, settled), errorOf);
    }
    if (value === null || value === undefined || value instanceof Error) return value;
    switch (shape.kind) {
      case "leaf":
        return Array.isArray(value) && value.some(isThenable) ? this.#packList(shape, value) : value;
      case "list":
        return this.#packList(shape.of, value);
      case "object":
        return this.#packObject(shape, value);
      case "entity":
        return this.#packEntity(shape, value);
      case "abstract":
        return this.#packAbstract(shape, value);
    }
  }

  #packList(item: ValueShape, value: unknown): unknown {
    // A Set or a generator is a list to graphql-js as well; anything else is its error to raise.
    if (!isObject(value) || !(Symbol.iterator in value)) return value;
    const items = itemsOf(value as Iterable<unknown>);
    items.forEach((one, at) => {
      this.#places.put(this.#pack(item, one), (packed) => {
        items[at] = packed;
      });
    });
    return items;
  }

  #packObject(shape: ObjectShape, value: unknown): unknown {
    if (!isObject(value)) return value;
    const codec = this.#options.codecs?.[shape.typeName];
    if (codec !== undefined) return this.#encode(codec, shape, value, {});
    const made = this.#made.get(shape) ?? new Map<object, object>();
    this.#made.set(shape, made);
    const known = made.get(value);
    if (known !== undefined) return known;
    if (!isPlain(value)) {
      this.whole ??= `an instance of ${classOf(value)}, which has methods or accessors`;
      return value;
    }
    const copy = copyOf(value);
    made.set(value, copy);
    this.#places.put(this.#isOfType(shape, value), (is) => {
      if (!is) this.whole ??= `an object that is no ${shape.typeName}`;
    });
    this.#tagHidden(shape, value);
    for (const [name, property] of Object.entries(value)) {
      const field = shape.fields.get(name);
      if (field === undefined && !isThenable(property)) continue;
      this.#places.put(this.#pack(field ?? LEAF, property), (packed) => assign(copy, name, packed));
    }
    return copy;
  }

  /** Asked now: of the copy that a hit gives, a check for the class would say no. */
  #isOfType(shape: ObjectShape, value: object): unknown {
    const check = isTypeOf(this.#options.schema, shape);
    if (check === undefined) return true;
    try {
      const is = check(value, this.#call.context, this.#call.info as GraphQLResolveInfo);
      return isThenable(is) ? Promise.resolve(is).catch(() => false) : is;
    } catch {
      return false;
    }
  }

  #packEntity(shape: EntityShape, value: unknown, open: { readonly t?: string } = {}): unknown {
    const { typeName, inner } = shape;
    const identity = this.#options.identities.of(typeName, value);
    if (identity !== undefined && this.#options.registry.get(typeName) !== undefined) {
      return { ...open, k: identity.key } satisfies Slot;
    }
    this.#tagEntity(typeName, identity);
    const codec = this.#options.codecs?.[typeName];
    if (codec !== undefined) return this.#encode(codec, inner, value, open);
    return this.#slotOf(open, this.#pack(inner, value));
  }

  #packAbstract(shape: AbstractShape, value: unknown): unknown {
    const found = resolveTypeName(this.#options.schema, shape.typeName, value, this.#call);
    return isThenable(found)
      ? found.then((typeName) => this.#packMember(shape, typeName, value))
      : this.#packMember(shape, found, value);
  }

  #packMember(shape: AbstractShape, t: string | undefined, value: unknown): unknown {
    const member = t === undefined ? undefined : shape.members.get(t);
    if (t === undefined || member === undefined) {
      for (const [typeName, one] of shape.members) if (one.kind === "entity") this.tags.any(typeName);
      return { ...(t === undefined ? {} : { t }), v: value } satisfies Slot;
    }
    return member.kind === "entity"
      ? this.#packEntity(member, value, { t })
      : this.#slotOf({ t }, this.#pack(member, value));
  }

  #slotOf(open: { readonly t?: string }, inner: unknown): Slot {
    const slot: Slot = { ...open };
    this.#places.put(inner, (packed) => {
      slot.v = packed;
    });
    return slot;
  }

  #encode(codec: Codec, shape: ValueShape, value: unknown, open: { readonly t?: string }): unknown {
    this.#tagInside(shape, value, new Set());
    try {
      return { ...open, e: codec.encode(value) } satisfies Slot;
    } catch (error) {
      this.whole ??= `a value that its codec refuses (${errorOf(error).message})`;
      return value;
    }
  }

  /** What a codec encodes holds its entities by value. */
  #tagInside(shape: ValueShape, value: unknown, seen: Set<object>): void {
    if (!isObject(value) || seen.has(value)) return;
    seen.add(value);
    if (shape.kind === "list" && Symbol.iterator in value) {
      for (const item of itemsOf(value as Iterable<unknown>)) this.#tagInside(shape.of, item, seen);
    } else if (shape.kind === "object") {
      this.#tagHidden(shape, value);
      for (const [name, field] of shape.fields) {
        this.#tagInside(field, (value as Record<string, unknown>)[name], seen);
      }
    } else if (shape.kind === "entity") {
      this.#tagEntity(shape.typeName, this.#options.identities.of(shape.typeName, value));
      seen.delete(value);
      this.#tagInside(shape.inner, value, seen);
    } else if (shape.kind === "abstract") {
      for (const [typeName, member] of shape.members) if (member.kind === "entity") this.tags.any(typeName);
    }
  }

  #tagEntity(typeName: string, identity: Identity | undefined): void {
    const any = stampNames.any(typeName);
    const others = identity === undefined ? [any] : this.#options.identities.otherNames(identity);
    if (identity === undefined || others.includes(any)) this.tags.any(typeName);
    else this.tags.add(typeName, [identity.home, ...others]);
  }

  #tagHidden(shape: ObjectShape, value: object): void {
    for (const typeName of hiddenTypes(shape, value)) this.tags.any(typeName);
  }
}

const LEAF: ValueShape = { kind: "leaf" };

/** One value on its way out, in place: the engine gives each caller a copy, and `Packing` has made one before. */
class Unpacking {
  readonly #options: ReferencesOptions;
  readonly #typeNames: WeakMap<object, string>;
  readonly #state: RequestState;
  readonly #context: unknown;
  readonly #row: string | undefined;
  readonly #places = new Places();
  readonly #seen = new Set<object>();
  #dangling = false;

  constructor(
    options: ReferencesOptions,
    typeNames: WeakMap<object, string>,
    state: RequestState,
    context: unknown,
    row: string | undefined,
  ) {
    this.#options = options;
    this.#typeNames = typeNames;
    this.#state = state;
    this.#context = context;
    this.#row = row;
  }

  run(shape: ValueShape, packed: unknown): Unpacked | Promise<Unpacked> {
    let value: unknown;
    this.#places.put(this.#unpack(shape, packed), (result) => {
      value = result;
    });
    const end = (): Unpacked => {
      if (value instanceof Error) throw value;
      return { value, dangling: this.#dangling };
    };
    return this.#places.areFilled ? end() : this.#places.filled().then(end);
  }

  #unpack(shape: ValueShape, packed: unknown): unknown {
    if (!isObject(packed) || packed instanceof Error) return packed;
    switch (shape.kind) {
      case "leaf":
        return packed;
      case "list":
        return this.#unpackList(shape.of, packed);
      case "object":
        return this.#options.codecs?.[shape.typeName] === undefined
          ? this.#unpackObject(shape, packed)
          : this.#unpackSlot(shape.typeName, shape, packed);
      case "entity":
        return this.#unpackSlot(shape.typeName, shape.inner, packed);
      case "abstract":
        return this.#unpackAbstract(shape, packed);
    }
  }

  #unpackList(item: ValueShape, packed: object): unknown {
    if (!Array.isArray(packed)) return packed;
    const items: unknown[] = packed;
    items.forEach((one, at) => {
      this.#places.put(this.#unpack(item, one), (value) => {
        items[at] = value;
      });
    });
    return items;
  }

  #unpackObject(shape: ObjectShape, packed: object): unknown {
    if (this.#seen.has(packed)) return packed;
    this.#seen.add(packed);
    if (isTypeOf(this.#options.schema, shape) !== undefined) this.#named(packed, shape.typeName);
    for (const [name, field] of shape.fields) {
      if (!Object.hasOwn(packed, name)) continue;
      const property = (packed as Record<string, unknown>)[name];
      this.#places.put(this.#unpack(field, property), (value) => {
        if (value !== property) assign(packed, name, value);
      });
    }
    return packed;
  }

  #unpackAbstract(shape: AbstractShape, packed: object): unknown {
    const { t } = packed as Slot;
    const member = t === undefined ? undefined : shape.members.get(t);
    const found = this.#unpackSlot(t, member?.kind === "entity" ? member.inner : (member ?? LEAF), packed);
    return isThenable(found) ? found.then((value) => this.#named(value, t)) : this.#named(found, t);
  }

  /** A row from a loader need not show what the resolver's own object told its type by. */
  #named(value: unknown, typeName: string | undefined): unknown {
    if (typeName !== undefined && isObject(value) && !(value instanceof Error)) {
      this.#typeNames.set(value, typeName);
    }
    return value;
  }

  #unpackSlot(typeName: string | undefined, inner: ValueShape, packed: object): unknown {
    const slot: Slot = packed;
    if (slot.k !== undefined && typeName !== undefined) {
      const now = this.#options.registry.get(typeName)?.loadNow(this.#state, this.#context, slot.k);
      return now === undefined ? this.#load(typeName, slot.k) : (now.row ?? this.#nothing());
    }
    if (Object.hasOwn(slot, "e")) return this.#decode(typeName, slot.e);
    if (Object.hasOwn(slot, "v")) return this.#unpack(inner, slot.v);
    return this.#nothing();
  }

  #decode(typeName: string | undefined, encoded: unknown): unknown {
    const codec = typeName === undefined ? undefined : this.#options.codecs?.[typeName];
    try {
      return codec === undefined ? this.#nothing() : codec.decode(encoded);
    } catch {
      // Written by another version of the codec: as good as absent.
      return this.#nothing();
    }
  }

  async #load(typeName: string, key: EntityKey): Promise<unknown> {
    try {
      // A gateway without a loader for the type may share the store with one that has it.
      const row = await this.#options.registry
        .get(typeName)
        ?.load(this.#state, this.#context, key, this.#row);
      return row === null || row === undefined ? this.#nothing() : row;
    } catch (error) {
      return errorOf(error);
    }
  }

  #nothing(): null {
    this.#dangling = true;
    return null;
  }
}

function isTypeOf(
  schema: GraphQLSchema,
  { typeName }: ObjectShape,
): GraphQLIsTypeOfFn<unknown, unknown> | undefined {
  const type = schema.getType(typeName);
  return isObjectType(type) ? (type.isTypeOf ?? undefined) : undefined;
}

/** The name of a value's type, as graphql-js will find it; undefined where it will fail to. */
function resolveTypeName(
  schema: GraphQLSchema,
  abstractName: string,
  value: unknown,
  { context, info }: TypeCall,
): string | undefined | Promise<string | undefined> {
  const type = schema.getType(abstractName);
  if (!isAbstractType(type)) return undefined;
  const resolve = type.resolveType ?? defaultTypeResolver;
  const nameOf = (found: unknown) =>
    typeof found === "string" && isObjectType(schema.getType(found)) ? found : undefined;
  try {
    const found = resolve(value, context, info as GraphQLResolveInfo, type);
    return isThenable(found) ? Promise.resolve(found).then(nameOf, () => undefined) : nameOf(found);
  } catch {
    return undefined;
  }
}

/** Types of which a child's resolver may take an entity out of a property that no field names. */
function hiddenTypes(shape: Extract<ValueShape, { kind: "object" }>, value: object): readonly string[] {
  if (shape.hiddenDeep.length === 0) return [];
  let depth = 0;
  for (const [name, property] of Object.entries(value)) {
    if (!shape.fields.has(name) && !shape.leaves.has(name)) depth = Math.max(depth, objectDepth(property, 2));
  }
  return depth === 0 ? [] : depth === 1 ? shape.hidden : shape.hiddenDeep;
}

/** How many objects lie one inside the other, lists not counted, at most `limit`. */
function objectDepth(value: unknown, limit: number): number {
  if (limit === 0 || !isObject(value) || value instanceof Date || ArrayBuffer.isView(value)) return 0;
  if (value instanceof Map || value instanceof Set) return limit;
  const below = (depthLeft: number) =>
    Object.values(value).reduce<number>((depth, one) => Math.max(depth, objectDepth(one, depthLeft)), 0);
  return Array.isArray(value) ? below(limit) : 1 + below(limit - 1);
}

/** Data through and through: a copy with the same prototype is as good. The store's codec refuses the others. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return false;
  for (
    let at = Object.getPrototypeOf(value);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    if (Reflect.ownKeys(at).some((name) => name !== "constructor")) return false;
  }
  return true;
}

/** With the same accessors, which the store's codec is to refuse; a frozen original makes a copy that is not. */
function copyOf(value: object): object {
  const properties = Object.getOwnPropertyDescriptors(value) as Record<string, PropertyDescriptor>;
  for (const property of Object.values(properties)) {
    property.configurable = true;
    if ("value" in property) property.writable = true;
  }
  return Object.create(Object.getPrototypeOf(value), properties);
}

/**
 * A list of its own. A generator can be gone through only once, and where its value turns out to be served as it is, or goes on to a
 * codec, others go through it after us: from then on it begins anew each time.
 */
function itemsOf(iterable: Iterable<unknown>): unknown[] {
  const items = [...iterable];
  if ("next" in iterable) {
    const kept = [...items];
    Reflect.defineProperty(iterable, Symbol.iterator, { value: () => kept.values(), configurable: true });
  }
  return items;
}

/** Defined, not assigned: `__proto__` is a name like any other. */
function assign(copy: object, name: string, value: unknown): void {
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
}

function classOf(value: object): string {
  const { constructor: made } = value as { readonly constructor?: unknown };
  return typeof made === "function" && made.name !== "" ? made.name : "a class without name";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof (value as { then?: unknown }).then === "function";
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`Unexpected error value: ${String(thrown)}`);
}

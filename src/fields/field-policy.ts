import type { Lifetimes } from "../engine/read-plan.ts";

/**
 * The arguments of `@cacheTTL`, as code gives them: `{ "Product.price": { seconds: 60, scope: "PRIVATE" } }`.
 *
 * What is left out is taken from the SDL of the same place, then as for a directive. Lifetimes are whole seconds.
 */
export interface PolicyInput {
  /** Fresh for at most this long; 0 = never stored. */
  readonly seconds?: number;
  /** After that, how long the old value may be served while one refresh runs. Default 0. */
  readonly staleSeconds?: number;
  /** After `seconds`, how long the old value may be served when the source fails. Default 0. */
  readonly staleIfErrorSeconds?: number;
  /** Lifetime of a null; 0 = nulls are not stored. Default: the smaller of `seconds` and 5. */
  readonly nullSeconds?: number;
  /** PRIVATE = one entry per principal. Default PUBLIC. */
  readonly scope?: "PUBLIC" | "PRIVATE";
  /** Registered context values that are part of the key. */
  readonly vary?: readonly string[];
  /** Arguments that do not change the value. */
  readonly ignoreArgs?: readonly string[];
  /** Whether the value depends on the selection. Default false. */
  readonly selection?: boolean;
  /** Templates of tags: `category:{args.slug}`. */
  readonly tags?: readonly string[];
  /** To be raised when the meaning of the value changes. Default 1. */
  readonly version?: number;
  /** Whether to replicate from the first read on. Default false. */
  readonly hot?: boolean;
}

/**
 * What the schema said of one cached place, resolved and frozen at start: a field (`Product.price`) or the row of an
 * entity (`Product`). Made by `directives/`, read by `fields/` and `loaders/`.
 */
export interface FieldPolicy {
  readonly kind: "field" | "row";
  readonly coordinate: string;
  readonly typeName: string;
  /** Empty for a row. */
  readonly fieldName: string;
  readonly lifetimes: Lifetimes;
  readonly scope: "PUBLIC" | "PRIVATE";
  /** Names of registered context values that are part of the key, sorted. */
  readonly vary: readonly string[];
  readonly ignoreArgs: readonly string[];
  readonly selection: boolean;
  readonly tags: readonly TagTemplate[];
  /** `<directive version>.<fingerprint>`: what follows the `v` in the key. */
  readonly version: string;
  readonly hot: boolean;
  /** How the value is walked for entities (see `ValueShape`). */
  readonly shape: ValueShape;
}

/** A tag with its placeholders compiled: `category:{args.slug}`. */
export interface TagTemplate {
  readonly source: string;
  /** Literal texts and placeholders, in order. */
  readonly parts: readonly (string | Placeholder)[];
  /** true when it needs the value (or a mutation's result), so that it is known only after the load. */
  readonly fromValue: boolean;
}

export interface Placeholder {
  readonly root: "args" | "parent" | "value" | "result";
  /** `items[].id` is ["items", "[]", "id"]. */
  readonly path: readonly string[];
}

/**
 * Where entities live inside a value, by the schema: only fields without a resolver of their own are followed.
 * Shapes of recursive types refer to each other, so `fields` is read lazily.
 */
export type ValueShape =
  | { readonly kind: "leaf" }
  | { readonly kind: "list"; readonly of: ValueShape }
  | {
      readonly kind: "object";
      readonly typeName: string;
      /** Composite fields without resolver, by response-independent field name. */
      readonly fields: ReadonlyMap<string, ValueShape>;
      /** Names of the other fields without resolver: whatever such a property holds, it is no entity. */
      readonly leaves: ReadonlySet<string>;
      /**
       * Entity types that a child with a resolver may take from this object unseen: the entry then depends on `__any:<Type>`.
       * Only an object with something to hide does: an own property that is neither in `fields` nor in `leaves` and
       * holds an object or a list of objects. (A row of plain columns hides nothing; its children load by id.)
       */
      readonly hidden: readonly string[];
      /** The same, where what such a property holds has objects inside its objects; contains `hidden`. */
      readonly hiddenDeep: readonly string[];
    }
  | { readonly kind: "entity"; readonly typeName: string; readonly inner: ValueShape }
  | {
      readonly kind: "abstract";
      readonly typeName: string;
      readonly members: ReadonlyMap<string, ValueShape>;
    };

/** Whether a shape, or any below it, is such a one; shapes of recursive types are met once. */
export function someShape(shape: ValueShape, test: (shape: ValueShape) => boolean): boolean {
  const seen = new Set<ValueShape>();
  const visit = (one: ValueShape): boolean => {
    if (seen.has(one)) return false;
    seen.add(one);
    return test(one) || shapesBelow(one).some(visit);
  };
  return visit(shape);
}

function shapesBelow(shape: ValueShape): readonly ValueShape[] {
  switch (shape.kind) {
    case "leaf":
      return [];
    case "list":
      return [shape.of];
    case "object":
      return [...shape.fields.values()];
    case "entity":
      return [shape.inner];
    case "abstract":
      return [...shape.members.values()];
  }
}

import type { Lifetimes } from "../engine/read-plan.ts";

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
  /** true when it needs the value, so that it is known only after the load. */
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
      /** Entity types that a child with a resolver may take from this object unseen: the entry then depends on `__any:<Type>`. */
      readonly hidden: readonly string[];
    }
  | { readonly kind: "entity"; readonly typeName: string; readonly inner: ValueShape }
  | { readonly kind: "abstract"; readonly typeName: string; readonly members: ReadonlyMap<string, ValueShape> };

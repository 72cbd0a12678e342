import { type GraphQLOutputType, isLeafType, isListType, isNonNullType } from "graphql";

/** Why graphql-js answers with an error in the place of a value, or of an item of it. */
export type Refusal = "null-in-non-null" | "unserialisable";

/**
 * Whether the schema refuses a value that a resolver has returned: that is an error of the field, and errors are not stored.
 * Properties of objects are not looked at.
 */
export function refusalOf(type: GraphQLOutputType, value: unknown): Refusal | undefined {
  if (isNonNullType(type)) {
    return value === null || value === undefined ? "null-in-non-null" : refusalOf(type.ofType, value);
  }
  if (value === null || value === undefined) return undefined;
  if (isListType(type)) {
    if (typeof value !== "object" || !(Symbol.iterator in value)) return "unserialisable";
    // A generator can be gone through only once, and graphql-js is to do it; the store's codec refuses it.
    if ("next" in value) return undefined;
    for (const item of value as Iterable<unknown>) {
      const refusal = refusalOf(type.ofType, item);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
  return isLeafType(type) && !serialises(type, value) ? "unserialisable" : undefined;
}

function serialises(type: { serialize(value: unknown): unknown }, value: unknown): boolean {
  try {
    const result = type.serialize(value);
    return result !== null && result !== undefined;
  } catch {
    return false;
  }
}

import { FieldgateError } from "./errors.ts";

/**
 * One text for equal values, different texts for different ones: keys sorted, undefined properties dropped, and null,
 * `1`, `"1"`, `1n` and a Date told apart. JSON where JSON can say it; not meant to be parsed.
 *
 * Throws a {@link FieldgateError} (`UNKEYABLE`) for what has no such text: functions, symbols, cycles, and instances
 * without `toJSON`, whose state cannot be seen from outside.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

function write(value: unknown, path: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      // -0 equals 0. NaN and the infinities have no JSON; their names are no JSON either, so they stay apart.
      return value === 0 ? "0" : String(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : writeObject(value, path);
    default:
      throw unkeyable(`a ${typeof value}`);
  }
}

function writeObject(value: object, above: readonly object[]): string {
  if (above.includes(value)) throw unkeyable("a value that contains itself");
  const path = [...above, value];
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, path)).join(",")}]`;
  if (value instanceof Uint8Array) return `Bytes("${Buffer.from(value).toString("base64")}")`;
  if (value instanceof Set) return `Set[${Array.from(value, (item) => write(item, path)).join(",")}]`;
  if (value instanceof Map) {
    return `Map[${Array.from(value, ([key, item]) => `${write(key, path)}:${write(item, path)}`).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return writeRecord(value, path);
  const name = value.constructor.name;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return `${name}(${write(value.toJSON(), path)})`;
  }
  throw unkeyable(`an instance of ${name || "a class without name"}`);
}

function writeRecord(value: object, path: readonly object[]): string {
  const parts = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${write(item, path)}`);
  return `{${parts.join(",")}}`;
}

function unkeyable(what: string): FieldgateError {
  return new FieldgateError(
    "UNKEYABLE",
    `A cache key cannot be made of ${what}.`,
    "Use plain values in arguments and keys, or give the class a toJSON method.",
  );
}

import { inspect } from "node:util";

/** Refuses an answer of an entity's `load` that does not give each key its row. */
export function checkRows(name: string, keys: readonly unknown[], answer: unknown): readonly unknown[] {
  const contract =
    `The load function of cache.entity("${name}") must accept Array<key> and return ` +
    "Promise<Array<row | null | Error>>";
  if (!Array.isArray(answer)) {
    throw new TypeError(`${contract}, but it did not return a Promise of an Array: ${print(answer)}.`);
  }
  if (answer.length !== keys.length) {
    throw new TypeError(
      `${contract}, but it did not return a Promise of an Array of the same length as the Array of keys. ` +
        "Return null for a key that was not found." +
        `\n\nKeys (${keys.length}):\n${print(keys)}\n\nRows (${answer.length}):\n${print(answer)}`,
    );
  }
  return answer;
}

function print(value: unknown): string {
  return inspect(value, { depth: 1, maxArrayLength: 20, maxStringLength: 200, breakLength: 110 });
}

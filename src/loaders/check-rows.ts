import { inspect } from "node:util";

/** Which function of an entity answered. */
export interface Asked {
  readonly name: string;
  readonly option: "load" | "write";
}

const CONTRACTS = {
  load: { takes: "key", gives: "row | null | Error", absent: "Return null for a key that was not found." },
  write: { takes: "row", gives: "row | Error", absent: "Return an Error for a row that was not written." },
};

/** Refuses an answer of an entity's `load` or `write` that does not give each of the `given` its row. */
export function checkRows(
  { name, option }: Asked,
  given: readonly unknown[],
  answer: unknown,
): readonly unknown[] {
  const { takes, gives, absent } = CONTRACTS[option];
  const contract =
    `The ${option} function of cache.entity("${name}") must accept Array<${takes}> and return ` +
    `Promise<Array<${gives}>>`;
  if (!Array.isArray(answer)) {
    throw new TypeError(`${contract}, but it did not return a Promise of an Array: ${print(answer)}.`);
  }
  if (answer.length !== given.length) {
    throw new TypeError(
      `${contract}, but it did not return a Promise of an Array of the same length as the Array of ${takes}s. ` +
        `${absent}\n\n${option === "load" ? "Keys" : "Given"} (${given.length}):\n${print(given)}\n\nRows (${answer.length}):\n${print(answer)}`,
    );
  }
  return answer;
}

function print(value: unknown): string {
  return inspect(value, { depth: 1, maxArrayLength: 20, maxStringLength: 200, breakLength: 110 });
}

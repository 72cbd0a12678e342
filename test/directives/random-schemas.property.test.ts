import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type ReadPoliciesOptions,
  readPolicies,
  SchemaPolicyError,
} from "../../src/directives/read-policies.ts";
import type { FieldPolicy } from "../../src/fields/field-policy.ts";
import { schemaOf } from "./support/schema-of.ts";

const TYPES = ["A", "B", "C", "D"] as const;
const OUTPUTS = [...TYPES, "I", "U", "Int", "ID"] as const;

const seconds = fc.constantFrom(0, 1, 5, 60, 100_000);
const scope = fc.constantFrom("PUBLIC", "PRIVATE");
const tag = fc.constantFrom(
  "t",
  "{value.id}",
  "{value[].id}",
  "{parent.id}",
  "{args.x}",
  "{value",
  "{value.a.id}",
);
const policy = fc.record(
  {
    seconds: fc.oneof({ weight: 9, arbitrary: seconds }, { weight: 1, arbitrary: fc.constant(-1) }),
    staleSeconds: seconds,
    staleIfErrorSeconds: seconds,
    nullSeconds: seconds,
    scope,
    vary: fc.subarray(["locale", "tenant"]),
    ignoreArgs: fc.subarray(["x", "y"]),
    selection: fc.boolean(),
    tags: fc.array(tag, { maxLength: 2 }),
    version: fc.nat(3),
    hot: fc.boolean(),
  },
  { requiredKeys: [] },
);
type Policy = typeof policy extends fc.Arbitrary<infer P> ? P : never;

const place = fc.option(policy, { freq: 2 });
const field = fc.record({
  type: fc.constantFrom(...OUTPUTS),
  wrap: fc.constantFrom("T", "T!", "[T]", "[[T!]!]!"),
  args: fc.constantFrom("", "(x: Int)", "(x: Int, y: ID)"),
  resolved: fc.boolean(),
  says: place,
});
type Field = typeof field extends fc.Arbitrary<infer F> ? F : never;

const type = fc.record({
  keyed: fc.boolean(),
  named: fc.boolean(),
  united: fc.boolean(),
  says: place,
  fields: fc.array(field, { minLength: 1, maxLength: 4 }),
});

const world = fc.record({
  types: fc.tuple(type, type, type, type),
  query: fc.array(field, { minLength: 1, maxLength: 4 }),
  mutation: fc.array(field, { minLength: 1, maxLength: 2 }),
  face: place,
  union: place,
  entities: fc.subarray([...TYPES]),
  principal: fc.boolean(),
  // Half of the schemas are written with care: chance alone makes hardly any without a mistake.
  careful: fc.boolean(),
});

/** The same without what only a field's own place can tell to be wrong. */
function mended({ seconds = 60, tags, vary, ignoreArgs, scope, ...rest }: Policy): Policy {
  return {
    ...rest,
    seconds: seconds > 0 ? seconds : 1,
    ...(tags && { tags: ["t"] }),
    ...(vary && { vary: ["locale"] }),
  };
}

function directive(said: Policy | null, careful: boolean): string {
  const says = said === null || !careful ? said : mended(said);
  if (says === null || Object.keys(says).length === 0) return "";
  const args = Object.entries(says).map(([name, value]) => {
    const text = JSON.stringify(value);
    return `${name}: ${name === "scope" ? text.slice(1, -1) : text}`;
  });
  return ` @cacheTTL(${args.join(", ")})`;
}

function build(one: typeof world extends fc.Arbitrary<infer W> ? W : never) {
  const resolved: string[] = [];
  const { careful } = one;
  const fieldText = ({ type, wrap, args, says }: Field, at: number): string =>
    `f${at}${args}: ${wrap.replace("T", type)}${directive(says, careful)}`;
  const types = one.types.map(({ keyed, named, says, fields }, at) => {
    const name = TYPES[at]!;
    fields.forEach(({ resolved: own }, index) => {
      if (own) resolved.push(`${name}.f${index}`);
    });
    const own = fields.map(fieldText).join(" ");
    return `type ${name}${named ? " implements I" : ""}${directive(says, careful)} { ${keyed || careful ? "id: ID!" : ""} name: String ${own} }`;
  });
  const united = one.types.flatMap(({ united }, at) => (united ? [TYPES[at]!] : []));
  const sdl = [
    ...types,
    `interface I${directive(one.face, careful)} { name: String }`,
    `union U${directive(one.union, careful)} = ${["A", ...united.filter((name) => name !== "A")].join(" | ")}`,
    `type Query { ${one.query.map(fieldText).join(" ")} }`,
    `type Mutation { ${one.mutation.map((one, at) => fieldText(careful ? { ...one, says: null } : one, at)).join(" ")} }`,
  ].join("\n");
  const options: ReadPoliciesOptions = {
    entities: new Set(one.entities),
    principal: one.principal,
    varyNames: ["locale"],
  };
  return { sdl, resolved: resolved.join(" "), options };
}

it("any schema gives policies that hold together, or one error that names every mistake", () => {
  const seen = { policies: 0, refused: 0, rows: 0, cut: 0 };
  fc.assert(
    fc.property(world, (one) => {
      const { sdl, resolved, options } = build(one);
      const schema = schemaOf(sdl, resolved);
      try {
        const { fields, rows, keys } = readPolicies(schema, options);
        for (const policy of [...fields.values(), ...rows.values()]) {
          seen.policies++;
          expectWhole(policy);
          if (policy.lifetimes.freshMs === 86_400_000) seen.cut++;
        }
        for (const name of rows.keys()) expect(keys.has(name) && options.entities?.has(name)).toBe(true);
        seen.rows += rows.size;
      } catch (error) {
        if (!(error instanceof SchemaPolicyError)) throw error;
        seen.refused++;
        expect(error.problems.length).toBeGreaterThan(0);
        for (const { problem, mend } of error.problems) expect(problem && mend).toMatch(/\S/);
      }
    }),
    { numRuns: 200, seed: 20_261_123 },
  );
  console.log("random schemas:", JSON.stringify(seen));
  expect(seen.policies).toBeGreaterThan(50);
  expect(seen.refused).toBeGreaterThan(50);
  expect(seen.rows).toBeGreaterThan(5);
  expect(seen.cut).toBeGreaterThan(5);
});

function expectWhole({ lifetimes, version, kind, fieldName, vary }: FieldPolicy): void {
  const { freshMs, staleMs, staleIfErrorMs, nullMs } = lifetimes;
  expect(Math.min(freshMs, staleMs, staleIfErrorMs, nullMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(freshMs, staleMs, staleIfErrorMs, nullMs)).toBeLessThanOrEqual(86_400_000);
  if (freshMs === 0) expect(staleMs + staleIfErrorMs + nullMs).toBe(0);
  expect(version).toMatch(/^\d+\.[0-9a-f]{8}$/);
  expect(kind === "row").toBe(fieldName === "");
  expect(vary).toEqual([...vary].sort());
}

import { buildSchema, type GraphQLEnumType, type GraphQLScalarType } from "graphql";
import { describe, expect, it } from "vitest";
import { createIdentities, type Identify } from "../../src/fields/identity.ts";

const schema = buildSchema(/* GraphQL */ `
  type Query { product: Product, stock: Stock, plain: Plain, day: Day, account: Account, colour: Colour }
  type Product { id: ID!, upc: Int, slug: String }
  type Stock { house: ID!, place: Int!, product: Product }
  type Plain { text: String }
  scalar Date
  type Day { date: Date! }
  type Account { number: ID!, organization: Organization! }
  type Organization { id: ID! }
  enum Shade { RED BLUE }
  type Colour { shade: Shade! }
`);
(schema.getType("Date") as GraphQLScalarType).serialize = (value) =>
  value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
for (const [name, value] of [
  ["RED", 1],
  ["BLUE", 2],
] as const) {
  (schema.getType("Shade") as GraphQLEnumType).getValue(name)!.value = value;
}

const identities = (identify?: Identify) =>
  createIdentities({
    schema,
    keys: new Map([
      ["Product", [["id"], ["upc"], ["slug", "upc"]]],
      ["Stock", [["house", "place"]]],
      ["Day", [["date"]]],
      ["Account", [["number", "organization.id"]]],
    ]),
    ...(identify === undefined ? {} : { identify }),
  });

describe("an entity's identity", () => {
  it("is one for the row's number and the argument's text", () => {
    const { of, ofId } = identities();
    const names = [
      of("Product", { id: 42 }),
      of("Product", { id: "42" }),
      ofId("Product", 42),
      ofId("Product", { id: "42" }),
    ];
    expect(names.map((one) => one?.home)).toEqual(Array(4).fill("Product:42"));
    expect(names.map((one) => one?.key)).toEqual(Array(4).fill("42"));
  });

  it("is its first key that the row shows; the others are other names of it", () => {
    const { of } = identities();
    expect(of("Product", { id: 1, upc: 5, slug: "tea" })).toEqual({
      typeName: "Product",
      key: "1",
      home: "Product:1",
      aliases: ["Product@upc:5", "Product@slug+upc:tea,5"],
    });
    expect(of("Product", { upc: 5 })).toMatchObject({ key: { upc: 5 }, home: "Product@upc:5", aliases: [] });
  });

  it("is never that of another key with the same values", () => {
    const { of } = identities();
    const homes = [{ id: "5" }, { upc: 5 }, { id: "upc:5" }, { id: "Product@upc:5" }].map(
      (row) => of("Product", row)?.home,
    );
    expect(new Set(homes).size).toBe(4);
  });

  it("has all fields of a key, in the key's order, each told from the next", () => {
    const { of, ofId } = identities();
    expect(of("Stock", { place: 7, house: "berlin" })).toMatchObject({
      key: { house: "berlin", place: 7 },
      home: "Stock:berlin,7",
    });
    expect(ofId("Stock", { house: "berlin,7", place: 1 }).home).not.toBe(
      ofId("Stock", { house: "berlin", place: 71 }).home,
    );
  });

  it("follows a path into a nested object", () => {
    expect(identities().of("Account", { number: 1, organization: { id: 2 } })).toMatchObject({
      key: { number: "1", organization: { id: "2" } },
      home: "Account:1,2",
    });
  });

  it.each([
    ["Product", { id: 1 }],
    ["Product", { upc: 5 }],
    ["Stock", { house: "berlin", place: 7 }],
    ["Account", { number: 1, organization: { id: 2 } }],
  ])("is found again by the key that it gave: %s %j", (typeName, row) => {
    const { of, ofId } = identities();
    const found = of(typeName, row);
    expect(ofId(typeName, JSON.parse(JSON.stringify(found?.key)))).toEqual(found);
  });

  it("is serialised by the field's scalar", () => {
    const { of, ofId } = identities();
    expect(of("Day", { date: new Date(0) })?.home).toBe("Day:1970-01-01");
    expect(ofId("Day", "1970-01-01").home).toBe("Day:1970-01-01");
  });

  it("is absent where the type has no key, or the row no value of one", () => {
    const { of } = identities();
    expect([
      of("Plain", { id: 1 }),
      of("Product", { id: null }),
      of("Product", {}),
      of("Product", null),
      of("Product", { id: {} }),
      of("Stock", { house: "berlin" }),
    ]).toEqual(Array(6).fill(undefined));
  });

  it("comes from identify where the row has it under another name", () => {
    const { of, ofId } = identities({ Product: (row: { sku: number }) => ({ id: row.sku }) });
    expect(of("Product", { sku: 9 })?.home).toBe("Product:9");
    expect(ofId("Product", 9).home).toBe("Product:9");
  });

  it("is absent where identify fails", () => {
    const { of } = identities({
      Product: () => {
        throw new Error("no sku");
      },
    });
    expect(of("Product", { sku: 9 })).toBe(undefined);
  });

  it("is taken on trust, as text, without a schema", () => {
    const { ofId } = createIdentities({ keys: new Map() });
    expect(ofId("Product", 42).home).toBe("Product:42");
  });
});

describe("an id that names nothing", () => {
  it.each<[string, unknown, string]>([
    [
      "Product",
      { name: "x" },
      "The id of a \"Product\" must be a value of its key field or a record { id } or { upc } or { slug, upc }, but got: { name: 'x' }.",
    ],
    [
      "Stock",
      "berlin",
      "The id of a \"Stock\" must be a value of its key field or a record { house, place }, but got: 'berlin'.",
    ],
    ["Plain", 1, '"Plain" has no key, so 1 names none of its entities. Give the type a @key.'],
  ])("is refused: %s %j", (typeName, id, message) => {
    expect(() => identities().ofId(typeName, id)).toThrow(new TypeError(message));
  });
});

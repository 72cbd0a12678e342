import { type GraphQLScalarType, Kind, valueFromASTUntyped } from "graphql";
import { describe, expect, it } from "vitest";
import { DateScalar, DateTimeScalar, UrlScalar } from "../../src/demo/resolvers/scalars-and-enums.ts";

const literal = (scalar: GraphQLScalarType, value: string) =>
  scalar.parseLiteral({ kind: Kind.STRING, value });

describe("Date", () => {
  it("reads a day as midnight UTC and prints it again", () => {
    const date = new Date("2024-02-29T00:00:00.000Z");
    expect(DateScalar.parseValue("2024-02-29")).toEqual(date);
    expect(literal(DateScalar, "2024-02-29")).toEqual(date);
    expect(DateScalar.serialize(date)).toBe("2024-02-29");
    expect(DateScalar.serialize("2024-02-29")).toBe("2024-02-29");
  });

  it.each(["2023-02-29", "2024-13-01", "2024-1-1", "2024-02-29T00:00:00Z", "", "yesterday"])(
    "refuses %j",
    (text) => {
      expect(() => DateScalar.parseValue(text)).toThrow(
        `Date must be a day that exists, as "2026-11-23", but got: ${JSON.stringify(text)}.`,
      );
      expect(() => DateScalar.serialize(text)).toThrow("Date must be");
    },
  );

  it.each([20240229, null, true, {}])("refuses the value %j", (value) => {
    expect(() => DateScalar.parseValue(value)).toThrow(`but got: ${JSON.stringify(value)}.`);
  });

  it("refuses an invalid Date of a resolver", () => {
    expect(() => DateScalar.serialize(new Date("no"))).toThrow("but got: an invalid Date.");
  });

  it("refuses literals of other kinds, at their place", () => {
    const node = { kind: Kind.INT, value: "20240229" } as const;
    expect(() => DateScalar.parseLiteral(node)).toThrow('but got: "20240229".');
    expect(valueFromASTUntyped(node)).toBe(20240229);
  });
});

describe("DateTime", () => {
  it("reads any offset and prints UTC with milliseconds", () => {
    expect(DateTimeScalar.parseValue("2026-11-23T07:20:00+01:00")).toEqual(
      new Date("2026-11-23T06:20:00.000Z"),
    );
    expect(literal(DateTimeScalar, "2026-11-23t06:20:00.5z")).toEqual(new Date("2026-11-23T06:20:00.500Z"));
    expect(DateTimeScalar.serialize(new Date("2026-11-23T06:20:00Z"))).toBe("2026-11-23T06:20:00.000Z");
    expect(DateTimeScalar.serialize("2026-11-23T07:20:00+01:00")).toBe("2026-11-23T06:20:00.000Z");
  });

  it("counts a leap second as the second after", () => {
    expect(DateTimeScalar.parseValue("2016-12-31T23:59:60Z")).toEqual(new Date("2017-01-01T00:00:00.000Z"));
  });

  it.each([
    "2026-11-23",
    "2026-11-23T06:20:00",
    "2026-11-23 06:20:00Z",
    "2026-02-30T06:20:00Z",
    "2026-11-23T24:00:00Z",
    "now",
  ])("refuses %j", (text) => {
    expect(() => DateTimeScalar.parseValue(text)).toThrow(
      `DateTime must be a moment with its offset, as "2026-11-23T06:20:00Z", but got: ${JSON.stringify(text)}.`,
    );
  });
});

describe("URL", () => {
  it("passes an absolute address on as it was written", () => {
    expect(UrlScalar.parseValue("https://example.org/a b")).toBe("https://example.org/a b");
    expect(literal(UrlScalar, "http://example.org")).toBe("http://example.org");
    expect(UrlScalar.serialize(new URL("https://example.org/?q=1#x"))).toBe("https://example.org/?q=1#x");
  });

  it.each(["/relative", "example.org", "javascript:alert(1)", "ftp://example.org", ""])(
    "refuses %j",
    (text) => {
      expect(() => UrlScalar.parseValue(text)).toThrow(
        `URL must be an absolute http or https address, as "https://example.org/", but got: ${JSON.stringify(text)}.`,
      );
      expect(() => UrlScalar.serialize(text)).toThrow("URL must be");
    },
  );
});

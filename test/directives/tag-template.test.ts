import { describe, expect, it } from "vitest";
import { compileTagTemplate, renderTagTemplate, type TemplateRoots } from "../../src/fields/tag-template.ts";

describe("a template is compiled into texts and placeholders", () => {
  it.each([
    ["all", ["all"], false],
    ["c:{args.slug}", ["c:", { root: "args", path: ["slug"] }], false],
    ["{parent.id}", [{ root: "parent", path: ["id"] }], false],
    ["i:{value[].id}!", ["i:", { root: "value", path: ["[]", "id"] }, "!"], true],
    [
      "{value}{args.a}",
      [
        { root: "value", path: [] },
        { root: "args", path: ["a"] },
      ],
      true,
    ],
    ["{result.items[].tags[]}", [{ root: "result", path: ["items", "[]", "tags", "[]"] }], true],
    ["{ args.a }", [{ root: "args", path: ["a"] }], false],
  ])("%s", (source, parts, fromValue) => {
    expect(compileTagTemplate(source)).toEqual({ source, parts, fromValue });
  });

  it.each([
    ["", "is empty"],
    ["{", 'has a "{" without "}"'],
    ["a}", 'has a "}" without "{"'],
    ["{args.a}}", 'has a "}" without "{"'],
    ["{}", 'has the placeholder "{}", which is none'],
    ["{id}", 'has the placeholder "{id}", which is none'],
    ["{args.}", 'has the placeholder "{args.}", which is none'],
    ["{args.0}", 'has the placeholder "{args.0}", which is none'],
    ["{args[0]}", 'has the placeholder "{args[0]}", which is none'],
    ["{args.{args.b}}", 'has the placeholder "{args.{args.b}", which is none'],
  ])("refuses %j", (source, message) => {
    expect(() => compileTagTemplate(source)).toThrow(new SyntaxError(message));
  });
});

describe("a template makes texts of values", () => {
  const cases: readonly {
    readonly name: string;
    readonly source: string;
    readonly roots: TemplateRoots;
    readonly texts: readonly string[];
    readonly dropped?: number;
  }[] = [
    { name: "one without list", source: "c:{args.a}", roots: { args: { a: "x" } }, texts: ["c:x"] },
    {
      name: "a number, a string and a bigint of one id are one",
      source: "{value[]}",
      roots: { value: [42, "42", 42n] },
      texts: ["42"],
    },
    {
      name: "false, 0 and the empty string are values",
      source: "t:{value[]}",
      roots: { value: [false, 0, ""] },
      texts: ["t:false", "t:0", "t:"],
    },
    {
      name: "a date is its ISO text",
      source: "{value}",
      roots: { value: new Date(0) },
      texts: ["1970-01-01T00:00:00.000Z"],
    },
    { name: "an empty list makes none and drops none", source: "{value[]}", roots: { value: [] }, texts: [] },
    {
      name: "a null item drops its own text only",
      source: "{value[].id}",
      roots: { value: [{ id: 1 }, null, { id: null }, { id: 2 }] },
      texts: ["1", "2"],
      dropped: 2,
    },
    {
      name: "an absent list drops one",
      source: "{value.items[].id}",
      roots: { value: {} },
      texts: [],
      dropped: 1,
    },
    { name: "an absent root drops one", source: "{result.id}", roots: {}, texts: [], dropped: 1 },
    { name: "an object is no text", source: "{value}", roots: { value: {} }, texts: [], dropped: 1 },
    {
      name: "one null of several parts drops the text",
      source: "{args.a}:{args.b}",
      roots: { args: { a: 1 } },
      texts: [],
      dropped: 1,
    },
    {
      name: "two placeholders through one list speak of the same item",
      source: "{value[].a}-{args.c}-{value[].b}",
      roots: {
        args: { c: "x" },
        value: [
          { a: 1, b: 2 },
          { a: 3, b: 4 },
        ],
      },
      texts: ["1-x-2", "3-x-4"],
    },
    {
      name: "lists in lists go with their outer item",
      source: "{value[].id}/{value[].tags[]}",
      roots: {
        value: [
          { id: 1, tags: ["a", "b"] },
          { id: 2, tags: [] },
          { id: 3, tags: ["c"] },
        ],
      },
      texts: ["1/a", "1/b", "3/c"],
    },
    {
      name: "two lists make each pair",
      source: "{args.a[]}{args.b[]}",
      roots: { args: { a: [1, 2], b: ["x", "y"] } },
      texts: ["1x", "1y", "2x", "2y"],
    },
    {
      name: "a Set is a list",
      source: "{value[]}",
      roots: { value: new Set(["a", "b"]) },
      texts: ["a", "b"],
    },
  ];
  it.each(cases)("$name", ({ source, roots, texts, dropped = 0 }) => {
    expect(renderTagTemplate(compileTagTemplate(source), roots)).toEqual({ texts, dropped });
  });
});

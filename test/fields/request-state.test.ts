import type { GraphQLResolveInfo } from "graphql";
import { describe, expect, it } from "vitest";
import { beginSession } from "../../src/engine/session.ts";
import { createRequestStates } from "../../src/fields/request-state.ts";

/** States whose sessions begin at 1, 2, 3. */
function numbered() {
  let sequence = 0;
  return createRequestStates({
    openSession: () => beginSession({}, `epoch.${++sequence}`),
  });
}

/** As graphql-js makes it: the variables are a new object in each execution, and the same in all of its fields. */
function execution(operation: "query" | "mutation" | "subscription" = "query"): GraphQLResolveInfo {
  return { variableValues: {}, operation: { operation } } as unknown as GraphQLResolveInfo;
}

describe("a request's state", () => {
  it("is one for the context function, its copies and all fields of the execution", () => {
    const states = numbered();
    const context = {};
    const first = states.of(context);
    const copy = Object.assign({}, context);
    const info = execution();
    expect([states.of(copy, info), states.of(copy, info), states.of(copy)]).toEqual([first, first, first]);
    expect(states.of(copy, info)).toBe(first);
  });

  it("is another for each execution with one context, which may run at once", () => {
    const states = numbered();
    const context = {};
    const [one, two] = [execution(), execution()];
    const first = states.of(context, one);
    const second = states.of(context, two);
    expect(second).not.toBe(first);
    expect(second.session.began).toBe("epoch.2");
    expect(states.of(context, one)).toBe(first);
    expect(states.of(context)).toBe(second);
  });

  it("is found without a context, by its execution", () => {
    const states = numbered();
    const info = execution();
    expect(states.of(undefined, info)).toBe(states.of(undefined, info));
    expect(states.of(undefined, execution())).not.toBe(states.of(undefined, info));
    expect(states.of(undefined)).not.toBe(states.of(undefined));
  });

  it("is found on a frozen context", () => {
    const states = numbered();
    const context = Object.freeze({});
    expect(states.of(context)).toBe(states.of(context));
  });

  it("belongs to one cache of the process", () => {
    const context = {};
    expect(numbered().of(context)).not.toBe(numbered().of(context));
  });

  it.each(["mutation", "subscription"] as const)(
    "of a %s reads and stores nothing, and keeps when it began",
    (kind) => {
      const states = numbered();
      const context = {};
      const { began } = states.of(context).session;
      expect(states.of(context, execution(kind)).session).toEqual({
        began,
        down: new Set(),
        read: false,
        write: false,
      });
    },
  );

  it("can be restricted, and never given back what was taken", () => {
    const states = numbered();
    const context = {};
    states.restrict(context, { read: false });
    states.restrict(context, { read: true, write: false });
    expect(states.of(context).session).toMatchObject({ read: false, write: false });
  });

  it("is restricted for every operation of a batch, begun by the application or not", () => {
    for (const isBegun of [true, false]) {
      const states = numbered();
      const context = {};
      if (isBegun) states.begin(context);
      states.restrict(context, { read: false });
      const operations = [context, Object.assign({}, context), Object.assign({}, context)];
      for (const operation of operations) {
        expect(states.of(operation, execution()).session).toMatchObject({ read: false, write: true });
      }
    }
  });

  it("is renewed for what is another request", () => {
    const states = numbered();
    const context = {};
    const before = states.of(context);
    expect(states.renew(context)).not.toBe(before);
    expect(states.of(context).session.began).toBe("epoch.2");
  });
});

import { describe, expect, it } from "vitest";
import * as testing from "../../src/testing/index.ts";
import { readText, runSnippet, snippets } from "./support/snippets.ts";

describe.each(snippets(readText("docs/testing.md"), "ts").map((code) => ({ code })))(
  "docs/testing.md",
  async ({ code }) => {
    const claims: (readonly [title: string, run: () => Promise<void>])[] = [];
    const collect = (title: string, run: () => Promise<void>) => claims.push([title, run]);
    await runSnippet(code, { modules: { "fieldgate/testing": testing, vitest: { expect, it: collect } } });

    it.each(claims)("%s", (_, run) => run());
  },
);

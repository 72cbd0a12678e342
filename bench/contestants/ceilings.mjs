// Limits that no cache on Redis can pass: answers without any source.

import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import { GraphQLError } from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { resolvers, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";
import { startApollo } from "./apollo.mjs";

function fromMemory(sourceUrl) {
  const source = createSource(sourceUrl);
  const memory = new Map();
  return async () => ({
    loaders: createLoaders((kind, keys) =>
      Promise.all(
        keys.map((key) => {
          const id = `${kind}:${key}`;
          if (!memory.has(id))
            memory.set(
              id,
              source(kind, [key]).then(([row]) => row),
            );
          return memory.get(id);
        }),
      ),
    ),
  });
}

const noCacheControl = {
  async serverWillStart() {},
  __internal_plugin_id__: "CacheControl",
  __is_disabled_plugin__: true,
};

export const apolloFromMemory = ({ port, sourceUrl }) =>
  startApollo({
    port,
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    context: fromMemory(sourceUrl),
    plugins: [noCacheControl],
  });

export function apolloJitFromMemory({ port, sourceUrl }) {
  const schema = makeExecutableSchema({ typeDefs, resolvers });
  const compiled = new Map();
  const executor = async ({ document, operationName, request, context }) => {
    const query = compiled.get(document) ?? compileQuery(schema, document, operationName ?? undefined);
    compiled.set(document, query);
    if (!isCompiledQuery(query)) return query;
    const result = await query.query(undefined, context, request.variables ?? {});
    if (result.errors)
      result.errors = result.errors.map((error) => new GraphQLError(error.message, { path: error.path }));
    return result;
  };
  return startApollo({
    port,
    gateway: {
      load: async () => ({ schema, executor }),
      onSchemaLoadOrUpdate: (use) => {
        use({ apiSchema: schema });
        return () => {};
      },
      stop: async () => {},
    },
    context: fromMemory(sourceUrl),
    plugins: [noCacheControl],
  });
}

export const apolloConstant = ({ port }) =>
  startApollo({
    port,
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    context: async () => ({}),
    plugins: [
      noCacheControl,
      {
        requestDidStart: async () => ({
          responseForOperation: async () => ({
            http: { headers: new Map() },
            body: { kind: "single", singleResult: { data: { product: null } } },
          }),
        }),
      },
    ],
  });

export async function plainFastify({ port }) {
  const app = Fastify();
  app.post("/graphql", async () => ({ data: { product: null } }));
  await app.listen({ port, host: "127.0.0.1" });
  return { close: () => app.close() };
}

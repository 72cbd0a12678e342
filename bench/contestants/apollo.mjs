// Apollo Server on Fastify. Without cache it is the floor; `plugins` and `executor` make others of it.
import { ApolloServer } from "@apollo/server";
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from "@as-integrations/fastify";
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import { resolvers, typeDefs } from "../catalog.mjs";
import { createLoaders, createSource } from "../loaders.mjs";

export async function startApollo({ port, schema, plugins = [], context, ...more }) {
  const app = Fastify();
  const server = new ApolloServer({
    schema,
    plugins: [fastifyApolloDrainPlugin(app), ...plugins],
    introspection: false,
    csrfPrevention: true,
    ...more,
  });
  await server.start();
  app.post("/graphql", fastifyApolloHandler(server, { context }));
  await app.listen({ port, host: "127.0.0.1" });
  return { app, close: () => app.close() };
}

export async function start({ port, sourceUrl }) {
  const source = createSource(sourceUrl);
  return startApollo({
    port,
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    context: async () => ({ loaders: createLoaders(source) }),
  });
}

// Who takes part, by the name in the table.
const from =
  (file, pick = "start") =>
  async (options) =>
    (await import(`./contestants/${file}.mjs`))[pick](options);

export const contestants = {
  "no cache": from("apollo"),
  "apollo response cache": from("apollo-response-cache"),
  "mercurius-cache": from("mercurius-cache"),
  "yoga response cache": from("yoga-response-cache"),
  bentocache: from("bentocache"),
  "hand-written": from("hand-written"),
  fieldgate: from("fieldgate"),
};

export const ceilings = {
  "apollo from memory": from("ceilings", "apolloFromMemory"),
  "apollo + graphql-jit from memory": from("ceilings", "apolloJitFromMemory"),
  "apollo, constant answer": from("ceilings", "apolloConstant"),
  "plain fastify": from("ceilings", "plainFastify"),
};
Object.assign(contestants, ceilings);

import { GraphQLError } from "graphql";

/** An error that the caller may read, with the code that Apollo's clients know. */
function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

export function badInput(message: string): GraphQLError {
  return refusal("BAD_USER_INPUT", message);
}

export function notFound(typeName: string, id: string): GraphQLError {
  return refusal("NOT_FOUND", `There is no ${typeName} with the id ${JSON.stringify(id)}.`);
}

/** The object, where the schema promises that there is one. */
export async function existing<Row>(
  typeName: string,
  id: string | number,
  loading: Promise<Row | null>,
): Promise<Row> {
  const row = await loading;
  if (row === null) throw notFound(typeName, String(id));
  return row;
}

export function unauthenticated(): GraphQLError {
  return refusal("UNAUTHENTICATED", "This needs a user: send the header `Authorization: Bearer <user id>`.");
}

export function forbidden(message: string): GraphQLError {
  return refusal("FORBIDDEN", message);
}

export function conflict(message: string): GraphQLError {
  return refusal("CONFLICT", message);
}

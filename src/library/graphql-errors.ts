import { GraphQLError } from "graphql";
import { type ErrorCodec, plainErrors } from "../engine/source-error.ts";

/**
 * Keeps a `GraphQLError` what it is: servers pass the message and code of those on to the caller, and mask every other
 * error. Without it a caller who met the back-off mark would be told less than the one before.
 */
export const graphqlErrors: ErrorCodec = {
  encode(error) {
    if (!(error instanceof GraphQLError)) return plainErrors.encode(error);
    const kind: ErrorKind = isFault(error.originalError) ? "wrapped" : "told";
    return `${kind} ${plainErrors.encode(error)}`;
  },
  decode(text) {
    const [, kind, plain] = /^(told|wrapped) ([\s\S]*)$/.exec(text) ?? [];
    if (kind === undefined || plain === undefined) return plainErrors.decode(text);
    const { message, extensions } = plainErrors.decode(plain) as GraphQLError;
    return new GraphQLError(message, {
      extensions: extensions ?? null,
      originalError: kind === "wrapped" ? new Error(message) : null,
    });
  },
};

/** `told`: written for the caller. `wrapped`: around another error, which decides what may be told. */
type ErrorKind = "told" | "wrapped";

function isFault(error: unknown): boolean {
  return error instanceof Error && !(error instanceof GraphQLError);
}

import { unwrapResolverError } from "@apollo/server/errors";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { LimitError } from "./query-limits.ts";

/** What a caller reads in place of an error that was not meant for it. */
const maskedMessage = "Internal server error";

/** The error of graphql-js for a document with more tokens than allowed carries no code of its own. */
const tokenLimit = /^Syntax Error: Document contains more tha[nt] \d+ tokens/;

/**
 * Decides what may leave the house. Errors thrown as `GraphQLError` were written for the caller and pass. Everything else is a
 * fault: the caller gets its place and a plain sentence, and the message itself only where `showMessages` is on. Stack traces and
 * the properties of a fault never leave.
 */
export function createErrorMask(options: {
  readonly showMessages: boolean;
}): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const limit = limitCode(error);
    if (limit !== undefined) return { ...formatted, extensions: { code: limit } };
    if (faultOf(error) === undefined) return formatted;
    return {
      message: options.showMessages ? formatted.message : maskedMessage,
      ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
      ...(formatted.path === undefined ? {} : { path: formatted.path }),
      extensions: { code: "INTERNAL_SERVER_ERROR" },
    };
  };
}

/** What went wrong inside, for the log; undefined for an error that is the caller's own business. */
export function faultOf(error: unknown): unknown {
  const cause = unwrapResolverError(error);
  if (!(cause instanceof GraphQLError)) return cause;
  // Outside of fields Apollo Server puts the text of a fault into an error of its own: "Context creation failed: ...".
  const { originalError } = cause;
  const isWrapped = originalError !== undefined && !(originalError instanceof GraphQLError);
  return isWrapped && cause.path === undefined && hasNoCode(cause) ? originalError : undefined;
}

function hasNoCode(error: GraphQLError): boolean {
  const code = error.extensions["code"];
  return code === undefined || code === "INTERNAL_SERVER_ERROR";
}

function limitCode(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  if (tokenLimit.test(error.message)) return "TOO_MANY_TOKENS";
  const limit = error instanceof LimitError ? error : error.originalError;
  return limit instanceof LimitError ? String(limit.extensions["code"]) : undefined;
}

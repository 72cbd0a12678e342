import { maxAliasesRule } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthRule } from "@escape.tech/graphql-armor-max-depth";
import { maxDirectivesRule } from "@escape.tech/graphql-armor-max-directives";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNullableType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { type ComplexityEstimator, getComplexity } from "graphql-query-complexity";

/** What a single operation may ask for. An operation over a limit is refused with 400 before any resolver runs. */
export interface QueryLimits {
  /** Nesting of fields; introspection is not counted. Default 12. Refused as `QUERY_TOO_DEEP`. */
  readonly depth: number;
  /** Aliases. Default 50. Refused as `TOO_MANY_ALIASES`. */
  readonly aliases: number;
  /** Directives. Default 50. Refused as `TOO_MANY_DIRECTIVES`. */
  readonly directives: number;
  /** Lexical tokens of the document. Default 2000. Refused as `TOO_MANY_TOKENS`. */
  readonly tokens: number;
  /**
   * Fields that may be answered, introspection aside: each counts 1, times the sizes of the lists around it, variables and default arguments included.
   * The size of a list is its `first`, `last` or `limit`, else 10. Default 20000. Refused as `QUERY_TOO_COSTLY`.
   */
  readonly cost: number;
}

export const defaultLimits: QueryLimits = {
  depth: 12,
  aliases: 50,
  directives: 50,
  tokens: 2000,
  cost: 20_000,
};

/** A refusal that keeps its own code, where Apollo Server would say `GRAPHQL_VALIDATION_FAILED`. */
export class LimitError extends GraphQLError {
  constructor(code: string, message: string) {
    super(message, { extensions: { code, http: { status: 400 } } });
    this.name = "LimitError";
  }
}

/** The limits that are checked together with the document's validity. */
export function limitRules(limits: QueryLimits): readonly ValidationRule[] {
  return [
    maxDepthRule({
      n: limits.depth,
      flattenFragments: true,
      ...reportAs("QUERY_TOO_DEEP", `The operation is nested deeper than ${limits.depth} fields.`),
    }),
    maxAliasesRule({
      n: limits.aliases,
      ...reportAs("TOO_MANY_ALIASES", `The operation has more than ${limits.aliases} aliases.`),
    }),
    maxDirectivesRule({
      n: limits.directives,
      ...reportAs("TOO_MANY_DIRECTIVES", `The operation has more than ${limits.directives} directives.`),
    }),
  ] as unknown as readonly ValidationRule[];
}

/** Left to themselves the rules throw out of `validate`, which Apollo Server takes for a fault of its own. */
function reportAs(code: string, message: string) {
  return {
    propagateOnRejection: false,
    onReject: [(context: ValidationContext | null) => context?.reportError(new LimitError(code, message))],
  };
}

/** Throws a {@link LimitError} where the operation, with these variables, could answer too many fields. */
export function assertCost(
  limits: QueryLimits,
  request: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly operation: OperationDefinitionNode;
    readonly variables: Readonly<Record<string, unknown>>;
  },
): void {
  const { schema, document, operation, variables } = request;
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const cost = countFields(() =>
    getComplexity({
      schema,
      query: { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] },
      variables,
      estimators: [estimateField],
    }),
  );
  if (cost > limits.cost) {
    throw new LimitError(
      "QUERY_TOO_COSTLY",
      `The operation may answer ${Number.isFinite(cost) ? cost : "too many"} fields; ${limits.cost} are allowed.`,
    );
  }
}

function countFields(count: () => number): number {
  try {
    return count();
  } catch (error) {
    // Bad variables name their definition, and are execution's to report. The other error is that spreads of spreads
    // make more than the library counts, 10 000.
    return error instanceof GraphQLError && error.nodes !== undefined ? 0 : Number.POSITIVE_INFINITY;
  }
}

/** Items of a list whose size no argument says. */
const assumedListSize = 10;
const sizeArguments = ["first", "last", "limit"];

const estimateField: ComplexityEstimator = ({ args, childComplexity, field, type }) => {
  // Introspection is as large as the schema, whoever asks; Apollo Server bounds its recursion.
  if (field.name.startsWith("__")) return 0;
  const sizes = sizeArguments.map((name) => args[name]).filter((size) => typeof size === "number");
  if (sizes.length > 0) return 1 + Math.max(0, ...sizes) * childComplexity;
  // The size of a Relay connection's lists is an argument of the connection.
  const isPlainList = isListType(getNullableType(field.type)) && !type.name.endsWith("Connection");
  return 1 + (isPlainList ? assumedListSize : 1) * childComplexity;
};

import type { CodegenConfig } from "@graphql-codegen/cli";
import { enumValues } from "./src/demo/resolvers/enum-values.ts";

/** Rows that the resolvers of each type start from, by type. */
const rows = {
  Feature: "FeatureRow",
  FeatureGroup: "FeatureGroupRow",
  Snapshot: "SnapshotRow",
  Discouraged: "Discouragement",
  FeatureSupport: "FeatureSupportParent",
  Browser: "BrowserRow",
  Release: "ReleaseRow",
  CompatEntry: "CompatEntryRow",
  CompatSupport: "CompatSupportRow",
  Specification: "SpecificationRow",
  Organisation: "OrganisationRow",
  WorkingGroup: "WorkingGroupRow",
  User: "UserRow",
  Note: "NoteRow",
  Viewer: "ViewerRow",
  ViewCount: "ViewCountRow",
  Rating: "RatingRow",
};

const config: CodegenConfig = {
  schema: "schema/*.graphql",
  generates: {
    "src/generated/resolvers.ts": {
      plugins: ["typescript", "typescript-resolvers"],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        emitLegacyCommonJSImports: false,
        importExtension: ".ts",
        contextType: "../demo/context.ts#DemoContext",
        mappers: Object.fromEntries(
          Object.entries(rows).map(([type, row]) => [type, `../demo/parents.ts#${row}`]),
        ),
        scalars: {
          ID: { input: "string", output: "string | number" },
          Date: { input: "Date", output: "Date" },
          DateTime: { input: "Date", output: "Date" },
          URL: { input: "string", output: "string" },
        },
        enumValues,
        avoidOptionals: { field: true, inputValue: false, object: true, defaultValue: true },
      },
    },
  },
};

export default config;

import type { CodegenConfig } from "@graphql-codegen/cli";

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
        // What the resolvers see in place of the schema's names (see src/demo/resolvers/scalars-and-enums.ts).
        enumValues: {
          BaselineStatus: { LIMITED: "limited", NEWLY: "newly", WIDELY: "widely" },
          BrowserKind: { DESKTOP: "desktop", MOBILE: "mobile", SERVER: "server", XR: "xr" },
          ReleaseStatus: {
            RETIRED: "retired",
            CURRENT: "current",
            BETA: "beta",
            NIGHTLY: "nightly",
            ESR: "esr",
            PLANNED: "planned",
          },
          SpecificationStanding: { GOOD: "good", PENDING: "pending", DISCONTINUED: "discontinued" },
          SupportStatus: { YES: "yes", NO: "no", PREVIEW: "preview" },
        },
        avoidOptionals: { field: true, inputValue: false, object: true, defaultValue: true },
      },
    },
  },
};

export default config;

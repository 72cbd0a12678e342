import { readFile } from "node:fs/promises";
import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import type { FastifyInstance } from "fastify";

/** Beside `src/` and `dist/` alike, so that no build step has to copy them. */
const assetFolder = new URL("../../assets/explorer/", import.meta.url);
const assetPath = "/graphql/explorer/";
const assets = {
  style: "graphiql-3.9.0.min.css",
  react: "react-18.3.1.production.min.js",
  reactDom: "react-dom-18.3.1.production.min.js",
  graphiql: "graphiql-3.9.0.min.js",
};
const sandboxScript =
  "https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js";
/** How long the sandbox may take to load in ms, where a network swallows packets instead of refusing them. */
const sandboxPatienceMs = 4_000;

/** Shows the explorer to browsers that open `/graphql`. */
export function createExplorerPlugin(options: {
  readonly exampleOperation: string | undefined;
}): ApolloServerPlugin<BaseContext> {
  const html = explorerPage(options.exampleOperation ?? "{ __typename }");
  return {
    async serverWillStart() {
      return { renderLandingPage: async () => ({ html }) };
    },
  };
}

/** Serves what the explorer needs where Apollo's CDN cannot be reached. */
export function serveExplorerAssets(app: FastifyInstance): void {
  for (const name of Object.values(assets)) {
    const type = name.endsWith(".css") ? "text/css" : "text/javascript";
    app.get(assetPath + name, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        // The version is part of the name.
        .header("cache-control", "public, max-age=31536000, immutable")
        .send(await readFile(new URL(name, assetFolder))),
    );
  }
}

/**
 * Apollo Sandbox, and GraphiQL in its place where the sandbox does not load; `?explorer=local` asks for GraphiQL at once.
 *
 * The page is sent as UTF-8 and says so itself: some browsers guess otherwise from a `text/html` without charset.
 */
function explorerPage(operation: string): string {
  const asset = (name: string) => JSON.stringify(assetPath + name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Fieldgate</title>
<style>html, body, #explorer { height: 100%; margin: 0; } #explorer iframe { width: 100%; height: 100%; border: 0; }</style>
</head>
<body>
<div id="explorer"><noscript>Send a GraphQL operation to this address by POST.</noscript></div>
<script>
const endpoint = location.origin + location.pathname;
const operation = ${inScript(operation)};
let chosen = false;
function once(show) {
  if (!chosen) { chosen = true; show(); }
}
function load(src) {
  return new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = loaded;
    script.onerror = failed;
    document.head.append(script);
  });
}
function showSandbox() {
  new window.EmbeddedSandbox({ target: "#explorer", initialEndpoint: endpoint, initialState: { document: operation } });
}
async function showGraphiQL() {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = ${asset(assets.style)};
  document.head.append(style);
  await load(${asset(assets.react)});
  await load(${asset(assets.reactDom)});
  await load(${asset(assets.graphiql)});
  const fetcher = GraphiQL.createFetcher({ url: endpoint });
  const page = React.createElement(GraphiQL, { fetcher, defaultQuery: operation, shouldPersistHeaders: true });
  ReactDOM.createRoot(document.getElementById("explorer")).render(page);
}
if (new URLSearchParams(location.search).get("explorer") === "local") {
  once(showGraphiQL);
} else {
  setTimeout(() => once(showGraphiQL), ${sandboxPatienceMs});
  load(${JSON.stringify(sandboxScript)}).then(() => once(showSandbox), () => once(showGraphiQL));
}
</script>
</body>
</html>
`;
}

/** A string literal that cannot end the script element around it. */
function inScript(text: string): string {
  return JSON.stringify(text).replaceAll("<", "\\u003c");
}

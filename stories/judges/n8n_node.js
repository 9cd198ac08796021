// An n8n node made of the gateway's OpenAPI document, run by n8n's own engine: a workflow sends a message, and looks it up.
// Usage: node n8n_node.js BASE_URL KEY NUMBER. Prints what the last node put out.
"use strict";
require("reflect-metadata");
const { N8NPropertiesBuilder } = require("@devlikeapro/n8n-openapi-node");
const { ExecutionLifecycleHooks, WorkflowExecute } = require("n8n-core");
const { Workflow } = require("n8n-workflow");

const [base, key, number] = process.argv.slice(2);
const TRIGGER = "n8n-nodes-base.manualTrigger";
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

// The maker of nodes reads OpenAPI 3.0: a type that may be null is written there otherwise. Of a body that has several forms the node
// offers the first.
function older(document) {
  for (const schema of Object.values(document.components.schemas).flatMap((it) => Object.values(it.properties ?? {}))) {
    if (Array.isArray(schema.type)) schema.type = schema.type.find((type) => type !== "null");
  }
  for (const operation of Object.values(document.paths).flatMap(Object.values)) {
    const json = operation.requestBody?.content["application/json"];
    const forms = document.components.schemas[json?.schema.$ref?.split("/").pop()]?.oneOf;
    if (forms) json.schema = forms[0];
  }
  return document;
}

const common = { group: ["transform"], version: 1, description: "", inputs: ["main"], outputs: ["main"] };

// A node offers what must be given, and of the rest what is named here: n8n would send the default of every field.
const OFFERED = ["resource", "operation", "text", "reference"];

function postrider(document) {
  const properties = new N8NPropertiesBuilder(document, { logger: silent }).build();
  return {
    description: {
      ...common,
      displayName: "Postrider",
      name: "postrider",
      defaults: { name: "Postrider" },
      credentials: [{ name: "postriderApi", required: true }],
      requestDefaults: { baseURL: base, headers: { Accept: "application/json", "Content-Type": "application/json" } },
      properties: properties.filter((it) => it.required || OFFERED.includes(it.name)),
    },
  };
}

const start = {
  description: { ...common, displayName: "Start", name: "start", inputs: [], defaults: { name: "Start" }, properties: [] },
  async execute() {
    return [[{ json: {} }]];
  },
};

// The operation of an identifier, as the node offers it: its resource and its name.
function operation(document, id) {
  for (const found of Object.values(document.paths).flatMap(Object.values)) {
    if (found.operationId === id) {
      const words = id.replace(/([A-Z])/g, " $1").trim();
      const name = words[0].toUpperCase() + words.slice(1);
      const resource = found.tags[0][0].toUpperCase() + found.tags[0].slice(1);
      return { resource, operation: name };
    }
  }
}

const credentials = {
  getParentTypes: () => [],
  isCredentialUsableByNode: () => true,
  getDecrypted: async () => ({ key }),
  preAuthentication: async () => undefined,
  authenticate: async (_, __, request) => ({ ...request, headers: { ...request.headers, Authorization: `Bearer ${key}` } }),
  getCredentialsProperties: () => [],
};

async function main() {
  const document = older(await (await fetch(`${base}/openapi.json`)).json());
  const types = { [TRIGGER]: start, postrider: postrider(document) };
  const node = (name, type, x, parameters) => ({
    id: name, name, type, typeVersion: 1, position: [x, 0], parameters,
    credentials: type === "postrider" ? { postriderApi: { id: "1", name: "key" } } : undefined,
  });
  const nodes = [
    node("Start", TRIGGER, 0, {}),
    node("Send", "postrider", 1, { ...operation(document, "sendMessage"), to: number, text: "From n8n", reference: "n8n" }),
    node("Look", "postrider", 2, { ...operation(document, "getMessage"), id: "={{ $json.id }}" }),
  ];
  const to = (name) => ({ main: [[{ node: name, type: "main", index: 0 }]] });
  const nodeTypes = {
    getByName: (name) => types[name],
    getByNameAndVersion: (name) => types[name],
    getKnownTypes: () => ({}),
  };
  const workflow = new Workflow({
    id: "1", name: "judge", nodes, connections: { Start: to("Send"), Send: to("Look") }, active: false, nodeTypes,
  });
  const data = {
    credentialsHelper: credentials, currentNodeParameters: undefined, executionId: "1", restApiUrl: "", instanceBaseUrl: "",
    webhookBaseUrl: base, webhookWaitingBaseUrl: base, webhookTestBaseUrl: base, formWaitingBaseUrl: base, variables: {}, secretsHelpers: {},
    hooks: new ExecutionLifecycleHooks("manual", "1", { id: "1", name: "judge", nodes, connections: {} }),
  };
  const run = await new WorkflowExecute(data, "manual").run({ workflow });
  const result = run.data.resultData;
  if (result.error) throw result.error;
  console.log(JSON.stringify(result.runData.Look[0].data.main[0][0].json));
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});

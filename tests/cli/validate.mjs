// Checks an OpenAPI 3.1 document's structure and replies against its schemas.
// Reads {"openapi": {...}, "replies": [{name, method, path, status, type, body}]} from standard input;
// prints a JSON list of what is wrong.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("../e2e/package.json", import.meta.url));
const Ajv = require("ajv/dist/2020").default;
const formats = require("ajv-formats").default;

const { openapi, replies } = JSON.parse(readFileSync(0, "utf8"));
const wrong = [];
const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true });
ajv.addVocabulary(["x-permission"]);
formats(ajv);
const schemas = openapi.components?.schemas ?? {};

// A schema inside the document, with its references led to the document.
function compile(schema, where) {
    const text = JSON.stringify(schema).replaceAll('"#/components/schemas/', '"#/$defs/');
    const defs = JSON.parse(JSON.stringify(schemas).replaceAll('"#/components/schemas/', '"#/$defs/'));
    try {
        return ajv.compile({ ...JSON.parse(text), $defs: defs });
    } catch (error) {
        wrong.push(`${where}: ${error.message}`);
        return () => true;
    }
}

function checkOperation(where, path, operation) {
    const told = new Set((operation.parameters ?? []).filter((p) => p.in === "path").map((p) => p.name));
    for (const [, name] of path.matchAll(/\{([a-z_]+)\}/g))
        if (!told.has(name)) wrong.push(`${where}: the path parameter ${name} is not described`);
    for (const p of operation.parameters ?? []) {
        if (!["path", "query", "header", "cookie"].includes(p.in) || !p.schema)
            wrong.push(`${where}: the parameter ${p.name} has no place or schema`);
        if (p.in === "path" && p.required !== true) wrong.push(`${where}: ${p.name} must be required`);
    }
    const answers = Object.entries(operation.responses ?? {});
    if (answers.length === 0) wrong.push(`${where}: no responses`);
    for (const [status, answer] of answers) {
        if (!/^([1-5][0-9][0-9]|default)$/.test(status)) wrong.push(`${where}: status ${status}`);
        if (typeof answer.description !== "string") wrong.push(`${where} ${status}: no description`);
        for (const [type, media] of Object.entries(answer.content ?? {}))
            if (media.schema) compile(media.schema, `${where} ${status} ${type}`);
    }
}

function operationOf(reply) {
    for (const [path, item] of Object.entries(openapi.paths)) {
        const pattern = "^" + path.replace(/\{[a-z_]+\}/g, "[^/]+") + "$";
        const plain = !path.slice(1).split("/").some((s) => s.startsWith("{"));
        if (plain ? path === reply.path : new RegExp(pattern).test(reply.path))
            if (item[reply.method.toLowerCase()]) return item[reply.method.toLowerCase()];
    }
    return undefined;
}

if (openapi.openapi !== "3.1.0") wrong.push(`openapi is ${openapi.openapi}`);
if (!openapi.info?.title || !openapi.info?.version) wrong.push("info has no title or version");
for (const [path, item] of Object.entries(openapi.paths ?? {})) {
    if (!path.startsWith("/")) wrong.push(`path ${path}`);
    for (const [method, operation] of Object.entries(item))
        checkOperation(`${method} ${path}`, path, operation);
}
for (const name of Object.keys(schemas)) compile({ $ref: `#/components/schemas/${name}` }, name);
for (const use of openapi.security ?? [])
    for (const name of Object.keys(use))
        if (!openapi.components.securitySchemes?.[name]) wrong.push(`security scheme ${name}`);

for (const reply of replies) {
    const operation = operationOf(reply) ??
        (reply.status === 405 ? Object.values(Object.values(openapi.paths)[0])[0] : undefined);
    const where = `${reply.name}: ${reply.method} ${reply.path} ${reply.status}`;
    const media = (operation?.responses[reply.status] ?? operation?.responses.default)?.content?.[reply.type];
    if (!media?.schema) {
        wrong.push(`${where}: ${reply.type} is not described`);
        continue;
    }
    const input = operation.requestBody?.content?.["application/json"]?.schema;
    if (reply.sent && reply.status < 300 && reply.method !== "GET") {
        // A record may be sent as its answers alone.
        const bare = input?.$ref && !reply.sent.answers ? { answers: reply.sent } : reply.sent;
        const takes = input ? compile(input, `${where} in`) : () => false;
        if (!takes(bare)) wrong.push(`${where}: sent: ${ajv.errorsText(takes.errors).slice(0, 300)}`);
    }
    const valid = compile(media.schema, where);
    if (!valid(reply.body))
        wrong.push(`${where}: ${ajv.errorsText(valid.errors).slice(0, 300)}`);
}
console.log(JSON.stringify(wrong));

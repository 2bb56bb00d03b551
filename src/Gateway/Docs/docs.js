// Shows /openapi.json. What the document says gets into the page as text alone, never as markup.
const methods = ["get", "post", "put", "patch", "delete", "head", "options"];
// Deeper than this nobody reads, and a document may be built to have no end.
const depthOfSchemas = 7;
let api;

const byId = id => document.getElementById(id);

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.flat().filter(child => child !== undefined && child !== null));
  return element;
}

// Paragraphs, and code between backticks: what descriptions use.
const words = text => (text ?? "").split("`").map((part, i) => i % 2 ? make("code", {}, part) : part);
const paragraphs = text => (text ?? "").split(/\n\s*\n/).filter(part => part.trim()).map(part => make("p", {}, words(part)));

/** What a $ref points to, after any others on the way; {} where it leads nowhere. */
function resolve(node) {
  for (let steps = 0; node?.$ref && steps < 20; steps++) {
    let target = api;
    for (const part of node.$ref.replace(/^#\//, "").split("/").map(part => part.replaceAll("~1", "/").replaceAll("~0", "~")))
      target = target && Object.hasOwn(target, part) ? target[part] : undefined;
    const { $ref, ...beside } = node;
    node = { ...target, ...beside };
  }
  return node ?? {};
}

const nameOf = schema => schema?.$ref?.split("/").pop();
const choices = schema => (schema.oneOf ?? schema.anyOf ?? []).filter(choice => choice.type !== "null");

function typeOf(schema, depth = 0) {
  if (depth > depthOfSchemas) return "...";
  const whole = resolve(schema);
  const types = [whole.type ?? []].flat().filter(type => type !== "null");
  let type = nameOf(schema) ?? (types.join(" or ") || (whole.properties ? "object" : ""));
  if (!nameOf(schema) && whole.items) type = `array of ${typeOf(whole.items, depth + 1)}`;
  else if (!type) type = choices(whole).map(choice => typeOf(choice, depth + 1)).join(" or ") || "anything";
  if (whole.format) type += ` (${whole.format})`;
  return [whole.type ?? []].flat().includes("null") || (whole.oneOf ?? whole.anyOf ?? []).some(choice => choice.type === "null") ? `${type} or null` : type;
}

function limitsOf(schema) {
  const said = [["minimum", "at least"], ["maximum", "at most"], ["minLength", "characters at least"], ["maxLength", "characters at most"],
    ["minItems", "items at least"], ["maxItems", "items at most"], ["pattern", "pattern"], ["default", "default"], ["const", "always"]]
    .filter(([name]) => schema[name] !== undefined).map(([name, label]) => `${label} ${typeof schema[name] === "string" ? schema[name] : JSON.stringify(schema[name])}`);
  if (schema.enum) said.push(`one of ${schema.enum.map(value => JSON.stringify(value)).join(", ")}`);
  return said.length ? make("span", { class: "soft" }, ` ${said.join("; ")}`) : undefined;
}

/** The members of a schema, those inside them too; undefined if it has none. A schema inside itself is named and not gone into again. */
function fieldsOf(schema, within = []) {
  const name = nameOf(schema);
  if (name && within.includes(name)) return make("p", { class: "soft" }, `${name}, as above.`);
  if (within.length >= depthOfSchemas) return make("p", { class: "soft" }, "And so on.");
  const whole = resolve(schema);
  const inside = [...within, name ?? ""];
  if (whole.items) return fieldsOf(whole.items, inside);
  const parts = [whole, ...(whole.allOf ?? []).map(resolve)];
  const required = new Set(parts.flatMap(part => part.required ?? []));
  const rows = parts.flatMap(part => Object.entries(part.properties ?? {})).map(([member, value]) => {
    const of = resolve(value);
    return make("li", {}, make("code", {}, member), ` ${typeOf(value)} `, required.has(member) ? make("span", { class: "must" }, "required ") : undefined,
      words(of.description), limitsOf(of), fieldsOf(value, inside));
  });
  if (whole.additionalProperties && typeof whole.additionalProperties === "object" && Object.keys(whole.additionalProperties).length)
    rows.push(make("li", {}, "any name: ", typeOf(whole.additionalProperties), fieldsOf(whole.additionalProperties, inside)));
  for (const choice of choices(whole)) {
    const members = fieldsOf(choice, inside);
    if (members) rows.push(make("li", {}, typeOf(choice), members));
  }
  return rows.length ? make("ul", { class: "fields" }, rows) : undefined;
}

/** A value of this schema, for where the document gives none. */
function sample(schema, within = []) {
  const name = nameOf(schema);
  if ((name && within.includes(name)) || within.length >= depthOfSchemas) return null;
  const whole = resolve(schema);
  const inside = [...within, name ?? ""];
  for (const given of [whole.example, whole.examples?.[0], whole.default, whole.const, whole.enum?.[0]]) if (given !== undefined) return given;
  if (whole.items) return [sample(whole.items, inside)];
  const properties = [whole, ...(whole.allOf ?? []).map(resolve)].flatMap(part => Object.entries(part.properties ?? {}));
  if (properties.length) return Object.fromEntries(properties.map(([member, value]) => [member, sample(value, inside)]));
  if (choices(whole).length) return sample(choices(whole)[0], inside);
  return { string: "text", integer: 1, number: 1, boolean: true, array: [], object: {} }[[whole.type ?? "object"].flat().find(type => type !== "null")] ?? null;
}

const exampleOf = media => media.example ?? resolve(Object.values(media.examples ?? {})[0]).value ?? sample(media.schema);
const written = value => typeof value === "string" ? value : JSON.stringify(value, null, 2);
const single = text => `'${text.replaceAll("'", "'\\''")}'`;
const variable = name => "$" + name.toUpperCase().replace(/[^A-Z0-9]+/g, "_");

/** A command for a shell; what only the caller knows is a variable of it, as the token is. */
function curlOf({ method, path, operation, parameters }) {
  const literal = text => text.replace(/["$`\\]/g, "\\$&");
  const query = parameters.filter(p => p.in === "query" && p.required).map(p => `${encodeURIComponent(p.name)}=${variable(p.name)}`).join("&");
  const address = path.split(/(\{[^}]*\})/).map(part => part.startsWith("{") ? variable(part.slice(1, -1)) : literal(part)).join("");
  const lines = [`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} "${location.origin}${address}${query ? `?${query}` : ""}"`];
  if ((operation.security ?? api.security ?? []).length) lines.push('-H "Authorization: Bearer $TOKEN"');
  for (const p of parameters.filter(p => p.in === "header" && p.required)) lines.push(`-H "${literal(p.name)}: ${variable(p.name)}"`);
  const answers = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith("2")).flatMap(([, answer]) => Object.keys(resolve(answer).content ?? {}));
  if (answers.length && answers.every(type => type === "text/event-stream")) lines.push("--no-buffer");
  const [type, media] = Object.entries(resolve(operation.requestBody).content ?? {})[0] ?? [];
  if (type) lines.push(`-H ${single(`Content-Type: ${type}`)}`, `--data ${single(written(exampleOf(media)))}`);
  return lines.join(" \\\n  ");
}

function copyButton(pre) {
  const button = make("button", { type: "button" }, "Copy");
  const said = make("span", { class: "soft", role: "status" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      said.textContent = " Copied.";
    } catch {
      // Browsers give the clipboard to safe addresses alone, https and the loopback.
      getSelection().selectAllChildren(pre);
      said.textContent = " Selected: copy it with the keyboard.";
    }
  });
  return make("p", {}, button, said);
}

function bodyOf({ content, required, description }) {
  return [make("h3", {}, "Body", required ? make("span", { class: "must" }, " required") : ""), ...paragraphs(description),
    ...Object.entries(content ?? {}).flatMap(([type, media]) => [make("p", {}, make("code", {}, type), ` ${typeOf(media.schema)}`), fieldsOf(media.schema),
      make("p", { class: "soft" }, "Example"), make("pre", { class: "example" }, written(exampleOf(media)))])];
}

function answerOf([status, response]) {
  const { description, content, headers } = resolve(response);
  const line = [make("code", {}, status), " ", words(description)];
  const inside = [...Object.entries(headers ?? {}).map(([name, header]) => make("p", {}, "Header ", make("code", {}, name), " ", words(resolve(header).description))),
    ...Object.entries(content ?? {}).flatMap(([type, media]) => [make("p", {}, make("code", {}, type), ` ${media.schema ? typeOf(media.schema) : ""}`), media.schema ? fieldsOf(media.schema) : undefined,
      media.example === undefined ? undefined : make("pre", {}, written(media.example))])];
  return inside.length ? make("details", { class: "answer" }, make("summary", {}, line), inside) : make("p", { class: "answer" }, line);
}

function insideOf(entry) {
  const { operation, parameters, id } = entry;
  const scopes = [operation["x-required-scope"] ?? []].flat();
  const codes = operation["x-error-codes"] ?? [];
  const curl = make("pre", { class: "curl" }, curlOf(entry));
  return make("div", {}, paragraphs(operation.description),
    operation.deprecated ? make("p", { class: "warning" }, "Deprecated: it will go.") : undefined,
    make("p", {}, "Scope: ", scopes.length ? scopes.flatMap((scope, i) => [i ? " and " : "", make("code", { class: "scope" }, scope)]) : "none in particular."),
    make("p", {}, make("a", { href: `#${encodeURIComponent(id)}` }, `Link to ${id}`)),
    parameters.length ? [make("h3", {}, "Parameters"), make("dl", {}, parameters.flatMap(p => [
      make("dt", {}, make("code", {}, p.name), ` in ${p.in}, ${typeOf(p.schema)} `, p.required ? make("span", { class: "must" }, "required") : undefined),
      make("dd", {}, words(p.description), limitsOf(resolve(p.schema)))]))] : undefined,
    operation.requestBody ? bodyOf(resolve(operation.requestBody)) : undefined,
    make("h3", {}, "Answers"), Object.entries(operation.responses ?? {}).map(answerOf),
    codes.length ? [make("h3", {}, "Error codes"), make("ul", { class: "codes" }, codes.map(code => make("li", {}, make("code", {}, code))))] : undefined,
    make("h3", {}, "With curl"), curl, copyButton(curl));
}

function entriesOf() {
  const taken = new Set();
  return Object.entries(api.paths ?? {}).flatMap(([path, item]) => methods.filter(method => item[method]).map(method => {
    const operation = item[method];
    let id = operation.operationId ?? method + path.replace(/[^A-Za-z0-9]+/g, "-");
    while (taken.has(id)) id += "-";
    taken.add(id);
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
    const text = [method, path, id, operation.summary, operation.description, ...operation.tags ?? [], ...[operation["x-required-scope"] ?? []].flat(), ...operation["x-error-codes"] ?? []].join(" ").toLowerCase();
    return { method, path, operation, parameters, id, text, tag: operation.tags?.[0] ?? "Others" };
  }));
}

function show(entry) {
  const { method, path, operation, id } = entry;
  entry.element = make("details", { class: `operation${operation.deprecated ? " deprecated" : ""}`, id },
    make("summary", {}, make("span", { class: `method ${method}` }, method.toUpperCase()), make("span", { class: "path" }, path),
      operation.summary ? make("span", { class: "says" }, operation.summary) : undefined));
  // Made when it is opened: all at once would be tens of thousands of elements.
  entry.fill = () => { if (entry.element.children.length === 1) entry.element.append(insideOf(entry)); };
  entry.element.addEventListener("toggle", () => { if (entry.element.open) entry.fill(); });
  return entry.element;
}

function start() {
  const [about, missing] = (api.info?.description ?? "").split(/(?=Incomplete: )/);
  byId("title").textContent = `${api.info?.title ?? "API"} ${api.info?.version ?? ""}`;
  byId("about").append(...paragraphs(about));
  if (missing) byId("about").append(make("p", { class: "warning", role: "status" }, `${missing} Load the page again when it is back.`));

  const entries = entriesOf();
  const groups = [...Map.groupBy(entries, entry => entry.tag)].sort(([a], [b]) => a.localeCompare(b)).map(([tag, of]) => {
    const id = `tag:${tag.replace(/\s+/g, "-")}`;
    const link = make("li", {}, make("a", { href: `#${encodeURIComponent(id)}` }, tag));
    return { of, link, section: make("section", { "aria-labelledby": id }, make("h2", { id, tabindex: "-1" }, tag), of.map(show)) };
  });
  byId("tags").append(...groups.map(group => group.link));
  byId("operations").append(...groups.map(group => group.section));

  const search = byId("search");
  const narrow = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of entries) entry.element.hidden = !wanted.every(word => entry.text.includes(word));
    for (const { of, link, section } of groups) link.hidden = section.hidden = of.every(entry => entry.element.hidden);
    byId("count").textContent = `${entries.filter(entry => !entry.element.hidden).length} of ${entries.length} routes`;
  };
  const follow = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* Then it is as it is. */ }
    const entry = entries.find(entry => entry.id === id);
    if (entry?.element.hidden) { search.value = ""; narrow(); }
    if (entry) { entry.fill(); entry.element.open = true; }
    const target = entry?.element ?? byId(id);
    target?.scrollIntoView();
    (entry?.element.firstElementChild ?? target)?.focus({ preventScroll: true });
  };
  search.addEventListener("input", narrow);
  addEventListener("hashchange", follow);
  addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
    event.preventDefault();
    search.focus();
  });
  narrow();
  if (location.hash) follow();
}

try {
  const response = await fetch("/openapi.json", { credentials: "omit" });
  if (!response.ok) throw new Error(`The gateway answered ${response.status}.`);
  api = await response.json();
  start();
} catch (error) {
  byId("operations").append(make("p", { class: "problem", role: "alert" }, `The document /openapi.json can't be shown: ${error.message} Load the page again in a moment.`));
}

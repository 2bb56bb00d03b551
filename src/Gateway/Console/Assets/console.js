// What moves in the console: progress, logs, and small help with forms. Everything else works without it.
const mostLines = 5000;
const mostEvents = 200;
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const bytes = value => value < 1e3 ? `${value} B` : value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(1)} GB`;
const moment = text => { const at = new Date(text); return `${at.toLocaleDateString("sv")} ${at.toLocaleTimeString("en-GB")}`; };
const shown = { number: value => number.format(value), bytes, time: moment };
const member = (record, path) => path.split(".").reduce((value, name) => value?.[name], record);
// Only what changes is written, so that a screen reader hears changes alone.
const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

function showProgress(facts, record) {
  for (const element of facts.querySelectorAll("[data-field]")) {
    const value = member(record, element.dataset.field);
    write(element, value == null ? "–" : (shown[element.dataset.as] ?? String)(value));
  }
  const state = facts.querySelector("[data-status] .state");
  write(state, record.outcome ?? record.state);
  if (state) state.className = `state ${record.outcome ?? record.state}`;
  write(facts.querySelector("[data-words]"), record.progress_message ?? record.progress?.message ?? "");
  const bar = facts.querySelector("[data-bar]");
  const fraction = record.progress_fraction ?? record.progress?.fraction;
  if (bar) { if (fraction == null) bar.removeAttribute("value"); else bar.value = fraction; }
  const waiting = facts.querySelector("[data-waiting]");
  if (waiting) {
    waiting.hidden = !record.waiting_for;
    write(waiting.querySelector("[data-why]"), facts.querySelector(`[data-reason="${record.waiting_for}"]`)?.textContent ?? "");
  }
}

// The same page again, of which one part is taken: the log beside it stays where the reader is.
async function refresh(facts) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected) { location.reload(); return facts; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("facts");
  if (!fresh) return facts;
  const focused = facts.contains(document.activeElement);
  facts.replaceWith(fresh);
  enhance(fresh);
  if (focused) document.getElementById("content").focus();
  return fresh;
}

function followProgress(facts) {
  const source = new EventSource(facts.dataset.progress);
  source.addEventListener("progress", event => showProgress(facts, JSON.parse(event.data)));
  source.addEventListener("end", () => { source.close(); refresh(facts); });
  addEventListener("pagehide", () => source.close());
}

// A page that has no stream of its own is asked again every few seconds, as long as it says so.
async function refreshWhileOpen(facts) {
  while (facts?.dataset.refresh) {
    await new Promise(resolve => setTimeout(resolve, facts.dataset.refresh * 1000));
    if (document.hidden) continue;
    try { facts = await refresh(facts); } catch { /* The gateway is away for a moment. */ }
  }
}

function line(record) {
  const row = document.createElement("p");
  row.className = `line ${record.level ?? record.stream ?? ""}`;
  const time = record.at ? new Date(record.at).toLocaleTimeString("en-GB") + " " : "";
  const level = record.level ? record.level.padEnd(6) : "";
  row.textContent = `${time}${level}${record.source === "platform" ? "* " : ""}${record.text}`;
  return row;
}

function followLog(log) {
  const level = document.querySelector("[data-log-level]");
  let source, seen = 0, skip = 0, retry;
  const open = () => {
    clearTimeout(retry);
    const resumes = /\/(runs|invocations)\//.test(log.dataset.log);
    source = new EventSource(log.dataset.log + (level?.value ? `?level=${level.value}` : ""));
    // An install's log begins anew after each break: what is there already is left out.
    source.addEventListener("open", () => { skip = resumes ? 0 : seen; });
    source.addEventListener("line", event => {
      if (skip > 0) { skip--; return; }
      seen++;
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      log.querySelector("[data-log-empty]")?.remove();
      log.append(line(JSON.parse(event.data)));
      while (log.childElementCount > mostLines) log.firstElementChild.remove();
      if (atEnd) log.scrollTop = log.scrollHeight;
    });
    source.addEventListener("end", () => source.close());
    // A refusal ends the stream for good: of a log that does not exist yet, for a moment only.
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED && document.querySelector("[data-progress], [data-refresh]")) retry = setTimeout(open, 2000); });
  };
  level?.addEventListener("change", () => { source.close(); seen = 0; log.replaceChildren(); open(); });
  addEventListener("pagehide", () => source.close());
  open();
}

function eventRow(id, event) {
  const row = document.createElement("tr");
  const add = (tag, text) => { const cell = document.createElement(tag); if (text != null) cell.textContent = text; row.append(cell); return cell; };
  const at = document.createElement("time");
  at.dateTime = at.title = event.time;
  at.textContent = moment(event.time);
  add("td").append(at);
  add("th", event.type).scope = "row";
  add("td", event.data?.connection);
  const cell = add("td");
  cell.className = "long";
  const details = document.createElement("details");
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.setAttribute("aria-label", `Event ${id}`);
  pre.textContent = JSON.stringify(event.data, null, 2);
  details.append(Object.assign(document.createElement("summary"), { textContent: id }), pre);
  cell.append(details);
  return row;
}

function followEvents(table) {
  const known = new Set([...table.querySelectorAll("summary")].map(summary => summary.textContent));
  const body = table.tBodies[0];
  const source = new EventSource(table.dataset.events);
  const add = event => {
    if (known.has(event.lastEventId)) return;
    known.add(event.lastEventId);
    body.prepend(eventRow(event.lastEventId, JSON.parse(event.data)));
    while (body.rows.length > mostEvents) body.lastElementChild.remove();
  };
  // Each type is an event of its own name.
  for (const type of table.dataset.types.split(" ")) source.addEventListener(type, add);
  addEventListener("pagehide", () => source.close());
}

function enhance(root) {
  for (const time of root.querySelectorAll("time")) {
    time.title = time.textContent;
    time.textContent = moment(time.dateTime);
  }
  // A form is sent once; what the button says tells that it was.
  for (const form of root.querySelectorAll("form[data-busy]")) form.addEventListener("submit", event => {
    const button = event.submitter ?? form.querySelector("button:last-of-type");
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    button.dataset.label = button.textContent;
    button.textContent = form.dataset.busy;
    button.setAttribute("aria-disabled", "true");
  });
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => { await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent); button.textContent = "Copied"; });
  }
}

// Back in the history, a page may come as it was left: its forms can be sent again.
addEventListener("pageshow", event => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[data-label]")) { button.textContent = button.dataset.label; button.removeAttribute("aria-disabled"); }
  }
});

enhance(document);
write(document.querySelector("[data-zone]"), Intl.DateTimeFormat().resolvedOptions().timeZone);
const facts = document.getElementById("facts");
if (facts?.dataset.progress) followProgress(facts);
if (facts?.dataset.refresh) refreshWhileOpen(facts);
document.querySelectorAll("[data-log]").forEach(followLog);
document.querySelectorAll("[data-events]").forEach(followEvents);
// The first wrong field is where the person goes on.
document.querySelector("[aria-invalid=true]")?.focus();

"use strict";
// Rows are [date, region, kind, reader, secret, address, reads]: numbers of names, but the last.
const data = JSON.parse(document.getElementById("data").textContent);
const DIMENSIONS = ["date", "region", "kind", "reader", "secret", "address"];
const READS = DIMENSIONS.length;
const MOST_LINES = 100;
const MOST_BARS = 15;
const REST = "rarer ones, counted by day only";
const form = document.getElementById("filters");
const number = new Intl.NumberFormat("en");

/** Makes an element; texts become text nodes, never markup. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A principal without "arn:…:iam::", with its account where there are several. */
const accounts = new Set(data.names.reader.map((arn) => arn.split(":")[4]).filter(Boolean));
function short(arn) {
  const parts = arn.split(":");
  if (parts.length < 6) return arn;
  const name = parts.slice(5).join(":");
  return accounts.size > 1 ? `${name} (${parts[4]})` : name;
}

/** The filters as tests of a name, by dimension; null where anything goes. */
function tests() {
  const wanted = Object.fromEntries(new FormData(form));
  const equal = (value) => value && ((name) => name === value);
  // A whole name means itself, not the longer ones that it begins.
  const within = (dimension) => {
    const part = wanted[dimension].trim();
    if (data.names[dimension].includes(part)) return equal(part);
    return part && ((name) => name.toLowerCase().includes(part.toLowerCase()));
  };
  const { from, to } = wanted;
  return {
    date: (from || to) && ((name) => (!from || name >= from) && (!to || name <= to)),
    region: equal(wanted.region),
    kind: equal(wanted.kind),
    reader: within("reader"),
    secret: within("secret"),
    address: within("address"),
  };
}

/** What the filters leave: rows, and the reads of a day that stand in no row. */
function select(wanted) {
  const allowed = DIMENSIONS.map((dimension) => wanted[dimension] && data.names[dimension].map(wanted[dimension]));
  const rows = data.rows.filter((row) => allowed.every((names, i) => !names || names[row[i]]));
  // What stands in no row is of unknown reader and secret: only days can be asked of it.
  const asksMore = DIMENSIONS.slice(1).some((dimension) => wanted[dimension]);
  const rest = asksMore ? [] : data.rest.filter(([date]) => !wanted.date || wanted.date(date));
  return { rows, rest };
}

/** Names of a dimension with their reads, most first. */
function counted({ rows, rest }, dimension) {
  const index = DIMENSIONS.indexOf(dimension);
  const names = data.names[dimension];
  const counts = new Map();
  const add = (name, reads) => counts.set(name, (counts.get(name) || 0) + reads);
  for (const row of rows) add(names[row[index]], row[READS]);
  for (const [date, reads] of rest) add(dimension === "date" ? date : REST, reads);
  return [...counts].map(([name, reads]) => ({ name, reads })).sort((a, b) => b.reads - a.reads);
}

/** The asked days, or the days of the reads where files lie in folders of other days. */
const dates = data.names.date.slice().sort();
const lie = (date) => date >= data.first && date <= data.last;
const [firstDay, lastDay] = dates.some(lie) || !dates.length
  ? [dates[0] < data.first ? dates[0] : data.first, data.last]
  : [dates[0], dates[dates.length - 1]];

/** Every day between the first and the last asked, with its reads. */
function byDay(selected) {
  const counts = new Map(counted(selected, "date").map(({ name, reads }) => [name, reads]));
  const from = form.elements.from.value || firstDay;
  const to = form.elements.to.value || lastDay;
  const days = [];
  for (let day = new Date(`${from}T00:00Z`), last = new Date(`${to}T00:00Z`); day <= last; day.setUTCDate(day.getUTCDate() + 1)) {
    const name = day.toISOString().slice(0, 10);
    days.push({ name, reads: counts.get(name) || 0 });
  }
  return days;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function specification(values, description, parts) {
  const [text, quiet, line] = ["text", "quiet", "line"].map(colour);
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json", // a name; nothing is fetched
    width: "container",
    autosize: { type: "fit-x", contains: "padding" },
    background: "transparent",
    description,
    data: { values },
    config: {
      font: "system-ui, sans-serif",
      view: { stroke: null },
      axis: { labelColor: text, titleColor: quiet, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12 },
      legend: { labelColor: text, titleColor: quiet, labelFontSize: 12, labelLimit: 180 },
    },
    ...parts,
  };
}

function draw(selected) {
  const days = byDay(selected);
  const kinds = counted(selected, "kind");
  const readers = counted(selected, "reader");
  const reads = { field: "reads", type: "quantitative", title: "reads" };
  const tooltip = [{ field: "full", title: "reader" }, { field: "reads", title: "reads", format: "," }];
  const bars = readers.slice(0, MOST_BARS).map(({ name, reads: count }) => ({ name: short(name), full: name, reads: count }));
  const charts = {
    trend: specification(days, `Reads by day from ${firstDay} to ${lastDay}`, {
      height: 220,
      mark: { type: "area", line: { color: colour("mark") }, color: colour("mark"), fillOpacity: 0.15, point: { color: colour("mark") } },
      encoding: {
        x: { field: "name", type: "temporal", timeUnit: "utcyearmonthdate", title: null, axis: { format: "%b %d", labelOverlap: true } },
        y: { ...reads, axis: { tickMinStep: 1 } },
        tooltip: [{ field: "name", title: "day" }, { field: "reads", title: "reads", format: "," }],
      },
    }),
    kinds: specification(kinds, "Reads by kind of principal", {
      height: 260,
      mark: { type: "arc", innerRadius: 50, stroke: colour("card"), strokeWidth: 2 },
      encoding: {
        theta: { field: "reads", type: "quantitative", stack: true },
        order: { field: "reads", sort: "descending" },
        color: { field: "name", type: "nominal", title: null, sort: null, scale: { scheme: "tableau10" }, legend: { orient: "bottom", columns: 2 } },
        tooltip: [{ field: "name", title: "kind" }, { field: "reads", title: "reads", format: "," }],
      },
    }),
    readers: specification(bars, `The ${MOST_BARS} principals with the most reads`, {
      height: bars.length * 24,
      mark: { type: "bar", color: colour("mark") },
      encoding: {
        x: { ...reads, axis: { tickMinStep: 1 } },
        y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelLimit: 200 } },
        tooltip,
      },
    }),
  };
  for (const [id, chart] of Object.entries(charts)) {
    const place = document.getElementById(id);
    if (!chart.data.values.some(({ reads: count }) => count)) {
      place.replaceChildren(element("p", { className: "none" }, "No reads."));
      continue;
    }
    // "ast": expressions are interpreted, so that the page needs no permission to make code.
    vegaEmbed(place, chart, { renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true } })
      .catch((error) => { place.textContent = `This chart could not be drawn: ${error.message}`; });
  }
  table("trend-table", ["Day", "Reads"], days.map(({ name, reads: count }) => [name, count]));
  table("kinds-table", ["Kind of principal", "Reads"], kinds.map(({ name, reads: count }) => [name, count]));
  table("readers-table", ["Reader", "Reads"], readers.map(({ name, reads: count }) => [name, count]), "reader");
}

/** Fills a table; the names of its first column filter by ``dimension`` when chosen. */
function table(place, header, rows, dimension) {
  const head = element("thead", {}, element("tr", {}, ...header.map((title, i) =>
    element("th", { scope: "col", className: typeof (rows[0] || [])[i] === "number" ? "number" : "" }, title))));
  const body = element("tbody");
  for (const row of rows.slice(0, MOST_LINES)) {
    body.append(element("tr", {}, ...row.map((value, i) => cell(value, i === 0 && value !== REST && dimension))));
  }
  if (rows.length > MOST_LINES) {
    body.append(element("tr", {}, element("td", { colSpan: header.length, className: "none" },
      `… and ${number.format(rows.length - MOST_LINES)} more: filter to see them`)));
  }
  if (!rows.length) body.append(element("tr", {}, element("td", { colSpan: header.length, className: "none" }, "None.")));
  const made = typeof place === "string" ? document.getElementById(place) : place;
  made.replaceChildren(head, body);
  return made;
}

function cell(value, dimension) {
  if (typeof value === "number") return element("td", { className: "number" }, number.format(value));
  if (!dimension) return element("td", {}, value);
  const button = element("button", { type: "button", title: `Show only ${value}` }, value);
  button.addEventListener("click", () => {
    form.elements[dimension].value = value;
    update();
    form.elements[dimension].focus();
  });
  return element("td", {}, button);
}

/** Reads, and how many different readers and addresses, by secret or by address. */
function grouped({ rows, rest }, dimension, ...others) {
  const index = DIMENSIONS.indexOf(dimension);
  const indexes = others.map((other) => DIMENSIONS.indexOf(other));
  const groups = new Map();
  for (const row of rows) {
    let group = groups.get(row[index]);
    if (!group) groups.set(row[index], (group = { reads: 0, seen: indexes.map(() => new Set()) }));
    group.reads += row[READS];
    indexes.forEach((other, i) => group.seen[i].add(row[other]));
  }
  const lines = [...groups].map(([name, group]) => [data.names[dimension][name], group.reads, ...group.seen.map((seen) => seen.size)]);
  lines.sort((a, b) => b[1] - a[1]);
  const uncounted = rest.reduce((sum, [, reads]) => sum + reads, 0);
  return uncounted ? [...lines, [REST, uncounted, ...others.map(() => "?")]] : lines;
}

function notable(wanted) {
  const place = document.getElementById("notable");
  place.replaceChildren(...data.notable.map((kind) => {
    const index = { reader: kind.columns.indexOf("Reader"), secret: kind.columns.indexOf("Secret"), address: kind.columns.indexOf("Address") };
    const rows = kind.rows.filter((row) => Object.entries(index).every(([dimension, i]) =>
      !wanted[dimension] || i < 0 || wanted[dimension](String(row[i]))));
    const cut = kind.total > kind.rows.length ? ` The first ${kind.rows.length} of ${number.format(kind.total)} are here; the saved query has all.` : "";
    const section = element("section", {}, element("h3", {}, `${kind.title}: ${number.format(kind.total)}`),
      element("p", { className: "why" }, kind.explanation + cut));
    if (rows.length) section.append(element("div", { className: "scroll" }, table(element("table"), kind.columns, rows)));
    else if (kind.total) section.append(element("p", { className: "none" }, "None of these matches the filters."));
    return section;
  }));
}

function figures(selected) {
  const different = (dimension) => new Set(selected.rows.map((row) => row[DIMENSIONS.indexOf(dimension)])).size;
  const reads = [...selected.rows.map((row) => row[READS]), ...selected.rest.map(([, count]) => count)].reduce((a, b) => a + b, 0);
  const shown = [["reads", reads], ["readers", different("reader")], ["secrets", different("secret")], ["addresses", different("address")], ["regions", different("region")]];
  document.getElementById("figures").replaceChildren(...shown.map(([name, count]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, number.format(count)))));
  return reads;
}

const everything = data.rows.reduce((sum, row) => sum + row[READS], 0) + data.rest.reduce((sum, [, reads]) => sum + reads, 0);

function update() {
  const wanted = tests();
  const selected = select(wanted);
  const reads = figures(selected);
  document.getElementById("matching").textContent = Object.values(wanted).some(Boolean)
    ? `${number.format(reads)} of ${number.format(everything)} reads match the filters`
    : `All ${number.format(everything)} reads`;
  draw(selected);
  table("secrets-table", ["Secret", "Reads", "Readers", "Addresses"], grouped(selected, "secret", "reader", "address"), "secret");
  table("networks-table", ["Address", "Reads", "Readers", "Secrets"], grouped(selected, "address", "reader", "secret"), "address");
  notable(wanted);
}

function begin() {
  document.getElementById("about").textContent =
    `${data.source}, ${firstDay} to ${lastDay}. A read is a value returned (GetSecretValue that was allowed). Made ${data.made}.`;
  for (const dimension of ["kind", "region"]) {
    form.elements[dimension].append(...data.names[dimension].slice().sort().map((name) => element("option", { value: name }, name)));
  }
  for (const dimension of ["reader", "secret", "address"]) {
    document.getElementById(`${dimension}-names`).append(...data.names[dimension].slice(0, 200).map((name) => element("option", { value: name })));
  }
  for (const name of ["from", "to"]) Object.assign(form.elements[name], { min: firstDay, max: lastDay });
  if (data.problems.length) {
    const place = document.getElementById("problems");
    place.hidden = false;
    place.querySelector("ul").append(...data.problems.slice(0, MOST_LINES).map((problem) => element("li", {}, problem)));
  }
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 150); });
  form.addEventListener("submit", (event) => { event.preventDefault(); update(); });
  form.addEventListener("reset", () => setTimeout(update));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
  matchMedia("print").addEventListener("change", update);
  update();
}

begin();
